#include "sql/catalogue_queries.h"

#include <string_view>

namespace tidemark::sql {
namespace {

// Stands for the part that is asked for, behind an oid.
constexpr std::string_view k_part = "@part";

// Objects of PostgreSQL itself have oids below 16384 (FirstNormalObjectId).
std::string with_part(std::string_view query, CataloguePart part) {
  std::string result(query);
  const char* const range = part == CataloguePart::k_built_ins ? "< 16384" : ">= 16384";
  for (auto at = result.find(k_part); at != std::string::npos; at = result.find(k_part, at)) {
    result.replace(at, k_part.size(), range);
  }
  return result;
}

// oid, schema, name, trait, definition or null; a row for each definition, or one without. A trait
// is one of "", sequence, unlogged, foreign, view. A table is as unlogged or foreign as any table
// that inherits from it or is a partition of it. Temporary relations are left out: they are a
// session's own. A definition is the tree of a query or condition that runs whenever the relation
// is read: a view's, or that of a row security policy. The views of information_schema read
// catalogues and no more.
constexpr std::string_view k_relations = R"sql(
WITH RECURSIVE descent(root, child) AS (
  SELECT i.inhparent, i.inhrelid FROM pg_catalog.pg_inherits i
  UNION
  SELECT d.root, i.inhrelid FROM descent d JOIN pg_catalog.pg_inherits i ON i.inhparent = d.child),
inherited(root, unlogged, foreign_table) AS (
  SELECT d.root, bool_or(c.relpersistence = 'u'), bool_or(c.relkind = 'f')
  FROM descent d JOIN pg_catalog.pg_class c ON c.oid = d.child GROUP BY 1),
definitions(relation, relkind, tree) AS (
  SELECT r.ev_class, 'v', r.ev_action::text FROM pg_catalog.pg_rewrite r
  WHERE r.ev_type = '1' AND r.ev_class @part
  UNION ALL
  SELECT p.polrelid, NULL, p.polqual::text FROM pg_catalog.pg_policy p
  WHERE p.polqual IS NOT NULL AND p.polrelid @part)
SELECT c.oid::text, n.nspname::text, c.relname::text,
       CASE WHEN c.relkind = 'S' THEN 'sequence'
            WHEN c.relpersistence = 'u' OR h.unlogged THEN 'unlogged'
            WHEN c.relkind = 'f' OR h.foreign_table THEN 'foreign'
            WHEN c.relkind = 'v' AND n.nspname <> 'information_schema' THEN 'view'
            ELSE '' END,
       d.tree
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN inherited h ON h.root = c.oid
LEFT JOIN definitions d ON d.relation = c.oid AND n.nspname <> 'information_schema'
                       AND (d.relkind = c.relkind OR d.relkind IS NULL)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't'
  AND c.oid @part)sql";

// oid, name. Types read by, cast to by, or domains checked by a user-defined volatile function, and
// the arrays and domains of such types. A domain's condition may use PostgreSQL's own, too.
constexpr std::string_view k_types = R"sql(
WITH RECURSIVE volatile_types(oid) AS (
  (SELECT t.oid
   FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc p ON p.oid = t.typinput
   WHERE p.oid >= 16384 AND p.provolatile = 'v'
   UNION
   SELECT c.casttarget
   FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc
   WHERE p.oid >= 16384 AND p.provolatile = 'v'
   UNION
   SELECT c.contypid
   FROM pg_catalog.pg_constraint c
   CROSS JOIN LATERAL pg_catalog.regexp_matches(
     c.conbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') used
   JOIN pg_catalog.pg_proc p ON p.oid = used[1]::oid
   WHERE c.contypid <> 0 AND p.provolatile = 'v')
  UNION
  SELECT t.oid FROM volatile_types v
  JOIN pg_catalog.pg_type t ON t.typbasetype = v.oid OR t.typelem = v.oid)
SELECT t.oid::text, t.typname::text
FROM volatile_types v JOIN pg_catalog.pg_type t ON t.oid = v.oid
WHERE t.oid @part)sql";

// oid, name
constexpr std::string_view k_operators = R"sql(
SELECT o.oid::text, o.oprname::text
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
WHERE p.provolatile = 'v' AND o.oid @part)sql";

// oid, schema, name, built in, volatile, callable as if it were a column.
// An aggregate is as volatile as its worst support function: its own label says nothing.
constexpr std::string_view k_functions = R"sql(
WITH volatile_aggregates(oid) AS (
  SELECT a.aggfnoid::oid
  FROM pg_catalog.pg_aggregate a
  CROSS JOIN LATERAL (VALUES (a.aggtransfn), (a.aggfinalfn), (a.aggcombinefn), (a.aggserialfn),
    (a.aggdeserialfn), (a.aggmtransfn), (a.aggminvtransfn), (a.aggmfinalfn)) support(function)
  JOIN pg_catalog.pg_proc s ON s.oid = support.function
  WHERE s.provolatile = 'v' AND a.aggfnoid::oid @part)
SELECT p.oid::text, n.nspname::text, p.proname::text,
       (p.oid < 16384)::text,
       (p.provolatile = 'v' OR p.oid IN (SELECT oid FROM volatile_aggregates))::text,
       (p.pronargs - p.pronargdefaults <= 1
          AND coalesce(t.typtype IN ('c', 'd', 'p'), false))::text
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
WHERE p.oid @part)sql";

}  // namespace

std::array<std::string, 4> catalogue_queries(CataloguePart part) {
  return {with_part(k_relations, part), with_part(k_types, part), with_part(k_operators, part),
          with_part(k_functions, part)};
}

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
   FROM pg_catalog.pg_type WHERE oid >= 16384 AND typtype = 'd'),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_policy),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_'),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, inhrelid::bigint))
   FROM pg_catalog.pg_inherits)),
  pg_catalog.current_setting('server_version_num'))sql";

}  // namespace tidemark::sql
