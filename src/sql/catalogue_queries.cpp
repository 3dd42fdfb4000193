#include "sql/catalogue_queries.h"

namespace tidemark::sql {
namespace {

// Objects of PostgreSQL itself have oids below 16384 (FirstNormalObjectId).

// schema, name, built in, built in and volatile, user-defined and volatile, callable as a column.
// An aggregate is as volatile as its worst support function: its own label says nothing.
constexpr const char* k_functions = R"sql(
WITH volatile_aggregates(oid) AS (
  SELECT a.aggfnoid::oid
  FROM pg_catalog.pg_aggregate a
  CROSS JOIN LATERAL (VALUES (a.aggtransfn), (a.aggfinalfn), (a.aggcombinefn), (a.aggserialfn),
    (a.aggdeserialfn), (a.aggmtransfn), (a.aggminvtransfn), (a.aggmfinalfn)) support(function)
  JOIN pg_catalog.pg_proc s ON s.oid = support.function
  WHERE s.provolatile = 'v')
SELECT n.nspname::text, f.proname::text,
       bool_or(f.oid < 16384)::text,
       bool_or(f.oid < 16384 AND f.is_volatile)::text,
       bool_or(f.oid >= 16384 AND f.is_volatile)::text,
       bool_or(f.oid >= 16384 AND f.is_volatile AND f.takes_row)::text
FROM (SELECT p.oid, p.proname, p.pronamespace,
             p.provolatile = 'v' OR p.oid IN (SELECT oid FROM volatile_aggregates) AS is_volatile,
             p.pronargs - p.pronargdefaults <= 1
               AND coalesce(t.typtype IN ('c', 'd', 'p'), false) AS takes_row
      FROM pg_catalog.pg_proc p
      LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]) f
JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
GROUP BY 1, 2)sql";

// name
constexpr const char* k_operators = R"sql(
SELECT DISTINCT o.oprname::text
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
WHERE p.provolatile = 'v')sql";

// name. Types read by, cast to by, or domains checked by a user-defined volatile function.
constexpr const char* k_types = R"sql(
SELECT t.typname::text
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc p ON p.oid = t.typinput
WHERE p.oid >= 16384 AND p.provolatile = 'v'
UNION
SELECT t.typname::text
FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc
JOIN pg_catalog.pg_type t ON t.oid = c.casttarget
WHERE p.oid >= 16384 AND p.provolatile = 'v'
UNION
SELECT t.typname::text
FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_type t ON t.oid = c.contypid
JOIN pg_catalog.pg_depend d
  ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = c.oid
 AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
WHERE p.provolatile = 'v')sql";

// schema, name, trait: one of "", sequence, unlogged, foreign, view. A table is as unlogged or
// foreign as any table that inherits from it or is a partition of it. Temporary relations are left
// out: they are a session's own.
constexpr const char* k_relations = R"sql(
WITH RECURSIVE descent(root, child) AS (
  SELECT i.inhparent, i.inhrelid FROM pg_catalog.pg_inherits i
  UNION
  SELECT d.root, i.inhrelid FROM descent d JOIN pg_catalog.pg_inherits i ON i.inhparent = d.child),
inherited(root, unlogged, foreign_table) AS (
  SELECT d.root, bool_or(c.relpersistence = 'u'), bool_or(c.relkind = 'f')
  FROM descent d JOIN pg_catalog.pg_class c ON c.oid = d.child GROUP BY 1)
SELECT n.nspname::text, c.relname::text,
       CASE WHEN c.relkind = 'S' THEN 'sequence'
            WHEN c.relpersistence = 'u' OR h.unlogged THEN 'unlogged'
            WHEN c.relkind = 'f' OR h.foreign_table THEN 'foreign'
            WHEN c.relkind = 'v' THEN 'view'
            ELSE '' END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN inherited h ON h.root = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't')sql";

// schema, name, a query that runs whenever the relation is read: a view's definition, or the
// conditions of a row security policy. The views of information_schema read catalogues and no more.
constexpr const char* k_definitions = R"sql(
SELECT n.nspname::text, c.relname::text, pg_catalog.pg_get_viewdef(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'
UNION ALL
SELECT n.nspname::text, c.relname::text,
       'SELECT ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid)
FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.polqual IS NOT NULL)sql";

}  // namespace

const std::array<const char*, 5> k_catalogue_queries = {k_functions, k_operators, k_types,
                                                        k_relations, k_definitions};

// xmin is the transaction that wrote the row, so every change of a row shows. A row's part is
// hashed so that changes of several rows cannot cancel out.
const char* const k_catalogue_fingerprint_query = R"sql(
SELECT pg_catalog.concat_ws('/',
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_proc WHERE oid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_class WHERE oid >= 16384 AND relpersistence <> 't'
     AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_rewrite WHERE oid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_operator WHERE oid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_cast WHERE oid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_constraint WHERE contypid <> 0),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_policy),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_'),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, inhrelid::bigint))
   FROM pg_catalog.pg_inherits)))sql";

}  // namespace tidemark::sql
