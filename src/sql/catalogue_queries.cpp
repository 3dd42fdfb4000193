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

// oid, name, volatile, function. Types read by, cast to by, or domains checked by a user-defined
// function that is not immutable, and the arrays and domains of such types; a row for each such
// function. A domain's condition may use volatile ones of PostgreSQL's own, too. Its default counts
// as not volatile: nothing but storing a row evaluates it.
constexpr std::string_view k_types = R"sql(
WITH RECURSIVE affected(oid, function, volatile) AS (
  (SELECT t.oid, p.oid, p.provolatile = 'v'
   FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc p ON p.oid = t.typinput
   WHERE p.oid >= 16384 AND p.provolatile <> 'i'
   UNION
   SELECT c.casttarget, p.oid, p.provolatile = 'v'
   FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc
   WHERE p.oid >= 16384 AND p.provolatile <> 'i'
   UNION
   SELECT c.contypid, p.oid, p.provolatile = 'v'
   FROM pg_catalog.pg_constraint c
   CROSS JOIN LATERAL pg_catalog.regexp_matches(
     c.conbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') used
   JOIN pg_catalog.pg_proc p ON p.oid = used[1]::oid
   WHERE c.contypid <> 0
     AND (p.provolatile = 'v' OR p.provolatile = 's' AND p.oid >= 16384)
   UNION
   SELECT t.oid, p.oid, false
   FROM pg_catalog.pg_type t
   CROSS JOIN LATERAL pg_catalog.regexp_matches(
     t.typdefaultbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') used
   JOIN pg_catalog.pg_proc p ON p.oid = used[1]::oid
   WHERE t.typdefaultbin IS NOT NULL AND p.provolatile <> 'i' AND p.oid >= 16384)
  UNION
  SELECT t.oid, a.function, a.volatile FROM affected a
  JOIN pg_catalog.pg_type t ON t.typbasetype = a.oid OR t.typelem = a.oid)
SELECT t.oid::text, t.typname::text, a.volatile::text, a.function::text
FROM affected a JOIN pg_catalog.pg_type t ON t.oid = a.oid
WHERE t.oid @part)sql";

// oid, name, volatile, function
constexpr std::string_view k_operators = R"sql(
SELECT o.oid::text, o.oprname::text, (p.provolatile = 'v')::text, p.oid::text
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
WHERE (p.provolatile = 'v' OR p.provolatile = 's' AND p.oid >= 16384) AND o.oid @part)sql";

// oid, schema, name, built in, volatile, callable as if it were a column, what is known of the
// tables it touches; and of a user-defined function in SQL that is not immutable: its text or null,
// its tree or null (a body that was parsed when it was created), its own search_path or null.
// Known is one of: nothing (it touches none), parts (as much as what it is made of), visible (as
// its text or tree says), hidden. An aggregate is as volatile as its worst support function: its
// own label says nothing. The extensions named here are written in C and read no tables. The column
// prosqlbody came with PostgreSQL 14.
constexpr std::string_view k_functions = R"sql(
WITH volatile_aggregates(oid) AS (
  SELECT a.aggfnoid::oid
  FROM pg_catalog.pg_aggregate a
  CROSS JOIN LATERAL (VALUES (a.aggtransfn), (a.aggfinalfn), (a.aggcombinefn), (a.aggserialfn),
    (a.aggdeserialfn), (a.aggmtransfn), (a.aggminvtransfn), (a.aggmfinalfn)) support(function)
  JOIN pg_catalog.pg_proc s ON s.oid = support.function
  WHERE s.provolatile = 'v' AND a.aggfnoid::oid @part),
harmless(oid) AS (
  SELECT d.objid
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
    AND e.extname IN ('bloom', 'btree_gin', 'btree_gist', 'citext', 'cube', 'dict_int',
      'dict_xsyn', 'earthdistance', 'fuzzystrmatch', 'hstore', 'intarray', 'isn', 'ltree',
      'pg_stat_statements', 'pg_trgm', 'pgcrypto', 'seg', 'unaccent', 'uuid-ossp', 'vector')
    AND d.objid @part)
SELECT p.oid::text, n.nspname::text, p.proname::text,
       (p.oid < 16384)::text,
       (p.provolatile = 'v' OR p.oid IN (SELECT oid FROM volatile_aggregates))::text,
       (p.pronargs - p.pronargdefaults <= 1
          AND coalesce(t.typtype IN ('c', 'd', 'p'), false))::text,
       CASE WHEN p.prokind = 'a' THEN 'parts'
            WHEN p.provolatile = 'i' OR p.oid IN (SELECT oid FROM harmless) THEN 'nothing'
            WHEN l.is_sql THEN 'visible'
            ELSE 'hidden' END,
       CASE WHEN l.is_sql AND p.provolatile <> 'i' THEN p.prosrc END,
       CASE WHEN l.is_sql AND p.provolatile <> 'i'
            THEN pg_catalog.to_jsonb(p) ->> 'prosqlbody' END,
       CASE WHEN l.is_sql
            THEN (SELECT pg_catalog.substr(setting, 13) FROM pg_catalog.unnest(p.proconfig) setting
                  WHERE setting LIKE 'search\_path=%') END
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
CROSS JOIN LATERAL (SELECT p.oid >= 16384 AND p.prokind <> 'a' AND p.prolang =
  (SELECT oid FROM pg_catalog.pg_language WHERE lanname = 'sql')) l(is_sql)
WHERE p.oid @part)sql";

// kind, subject, object or null, tree or null. Kinds:
//   parent               the subject inherits from the object, or is a partition of it
//   delete c, update n…  a foreign key: what is done to the subject changes the object, in the
//                        words of pg_constraint.confdeltype. Those of partitions are left out
//   fires                the object is a set of bits as in pg_trigger.tgtype. PostgreSQL's own
//                        trigger functions are left out: they touch no other table
//   stores               a tree that runs when rows of the subject are stored
//   column               the subject has a column of that type, which is user-defined
//   part                 the subject is an aggregate, the object a function it is made of
// A tree without a number of five digits names no user-defined object, and there are many of those.
constexpr std::string_view k_links = R"sql(
SELECT 'parent', i.inhrelid::text, i.inhparent::text, NULL
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p', 'f')
WHERE i.inhrelid @part
UNION ALL
SELECT key.kind || ' ' || key.action, c.confrelid::text, c.conrelid::text, NULL
FROM pg_catalog.pg_constraint c
CROSS JOIN LATERAL (VALUES ('delete', c.confdeltype::text), ('update', c.confupdtype::text))
  key(kind, action)
WHERE c.contype = 'f' AND c.conparentid = 0 AND key.action IN ('c', 'n', 'd')
  AND c.confrelid @part
UNION ALL
SELECT 'fires', t.tgrelid::text, t.tgtype::text, NULL
FROM pg_catalog.pg_trigger t
WHERE t.tgfoid >= 16384 AND t.tgenabled <> 'D' AND t.tgrelid @part
UNION ALL
SELECT 'fires', r.ev_class::text, CASE r.ev_type WHEN '2' THEN '16' WHEN '3' THEN '4' ELSE '8' END,
       NULL
FROM pg_catalog.pg_rewrite r
WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' AND r.ev_class @part
UNION ALL
SELECT 'stores', s.relation::text, NULL, s.tree
FROM (SELECT adrelid, adbin::text FROM pg_catalog.pg_attrdef WHERE adrelid @part
      UNION ALL
      SELECT conrelid, conbin::text FROM pg_catalog.pg_constraint
      WHERE contype = 'c' AND conrelid <> 0 AND conrelid @part
      UNION ALL
      SELECT polrelid, polwithcheck::text FROM pg_catalog.pg_policy
      WHERE polwithcheck IS NOT NULL AND polrelid @part
      UNION ALL
      SELECT r.ev_class, r.ev_action::text
      FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
      WHERE c.relkind = 'm' AND r.ev_class @part) s(relation, tree)
WHERE s.tree ~ '[a-z] [1-9][0-9]{4}'
UNION ALL
SELECT DISTINCT 'column', a.attrelid::text, a.atttypid::text, NULL
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.atttypid >= 16384 AND t.typtype IN ('b', 'd') AND a.attnum > 0 AND a.attrelid @part
UNION ALL
SELECT 'part', a.aggfnoid::oid::text, support.function::oid::text, NULL
FROM pg_catalog.pg_aggregate a
CROSS JOIN LATERAL (VALUES (a.aggtransfn), (a.aggfinalfn), (a.aggcombinefn), (a.aggserialfn),
  (a.aggdeserialfn), (a.aggmtransfn), (a.aggminvtransfn), (a.aggmfinalfn)) support(function)
WHERE support.function >= 16384 AND a.aggfnoid::oid @part)sql";

// name, a role that may use it; the empty role stands for everybody. All of them are users' objects
// here: anyone's database may have them otherwise.
constexpr std::string_view k_schemas = R"sql(
SELECT n.nspname::text,
       CASE a.grantee WHEN 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END
FROM pg_catalog.pg_namespace n
CROSS JOIN LATERAL pg_catalog.aclexplode(
  coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
WHERE a.privilege_type = 'USAGE' AND n.nspname !~ '^pg_(temp|toast)' AND 16384 @part)sql";

}  // namespace

std::array<std::string, 6> catalogue_queries(CataloguePart part) {
  return {with_part(k_relations, part), with_part(k_links, part),     with_part(k_types, part),
          with_part(k_operators, part), with_part(k_functions, part), with_part(k_schemas, part)};
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
   FROM pg_catalog.pg_constraint WHERE contype IN ('c', 'f') OR contypid <> 0),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_type WHERE oid >= 16384 AND typtype = 'd'),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_policy),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(temp|toast)'),
  (SELECT pg_catalog.sum(pg_catalog.hashtextextended(
     pg_catalog.pg_get_userbyid(a.grantee)::text, n.oid::bigint))
   FROM pg_catalog.pg_namespace n
   CROSS JOIN LATERAL pg_catalog.aclexplode(
     coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
   WHERE n.nspname !~ '^pg_(temp|toast)'),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_trigger WHERE tgfoid >= 16384),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, oid::bigint))
   FROM pg_catalog.pg_attrdef),
  (SELECT pg_catalog.sum(pg_catalog.hashint8extended(xmin::text::bigint, inhrelid::bigint))
   FROM pg_catalog.pg_inherits)),
  pg_catalog.current_setting('server_version_num'))sql";

}  // namespace tidemark::sql
