-- What a database contains, as rows of (name, definition): read by graph_sitter_db.db.catalog to compare two databases.
-- What belongs to an extension is left out; names of objects are told without what differs by chance: object numbers, and the order in which rights were given.

-- schemas --
SELECT n.nspname,
       concat_ws(' | ', pg_get_userbyid(n.nspowner), CASE WHEN n.nspacl IS NOT NULL THEN ARRAY(SELECT a::text FROM unnest(n.nspacl) AS a ORDER BY 1)::text END, obj_description(n.oid, 'pg_namespace'))
FROM pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public');

-- relations --
SELECT c.oid::regclass::text,
       concat_ws(' | ', c.relkind, pg_get_userbyid(c.relowner), c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
                 pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), c.reloptions::text,
                 CASE WHEN c.relacl IS NOT NULL THEN ARRAY(SELECT a::text FROM unnest(c.relacl) AS a ORDER BY 1)::text END,
                 CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
                 obj_description(c.oid, 'pg_class'))
FROM pg_class c
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)';

-- columns --
SELECT c.oid::regclass::text || '.' || a.attname,
       concat_ws(' | ', row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull,
                 a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attcompression, a.attstorage, a.attcollation::regcollation::text,
                 CASE WHEN a.attacl IS NOT NULL THEN ARRAY(SELECT x::text FROM unnest(a.attacl) AS x ORDER BY 1)::text END, col_description(c.oid, a.attnum))
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'c') AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)';

-- constraints --
SELECT coalesce(nullif(k.conrelid, 0)::regclass::text, nullif(k.contypid, 0)::regtype::text) || '.' || k.conname,
       concat_ws(' | ', pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint'))
FROM pg_constraint k
WHERE k.connamespace::regnamespace::text !~ '^(pg_|information_schema)';

-- indexes --
SELECT i.indexrelid::regclass::text,
       concat_ws(' | ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisreplident, obj_description(i.indexrelid, 'pg_class'))
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)';

-- functions --
SELECT p.oid::regprocedure::text,
       concat_ws(' | ', pg_get_userbyid(p.proowner), CASE WHEN p.proacl IS NOT NULL THEN ARRAY(SELECT a::text FROM unnest(p.proacl) AS a ORDER BY 1)::text END,
                 encode(sha256(convert_to(pg_get_functiondef(p.oid), 'UTF8')), 'hex'), obj_description(p.oid, 'pg_proc'))
FROM pg_proc p
WHERE p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
  AND p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)';

-- triggers --
SELECT t.tgrelid::regclass::text || '.' || t.tgname,
       concat_ws(' | ', pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))
FROM pg_trigger t
WHERE NOT t.tgisinternal;

-- policies --
SELECT p.polrelid::regclass::text || '.' || p.polname,
       concat_ws(' | ', p.polcmd, p.polpermissive, p.polroles::regrole[]::text, pg_get_expr(p.polqual, p.polrelid),
                 pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy'))
FROM pg_policy p;

-- types --
SELECT t.oid::regtype::text,
       concat_ws(' | ', t.typtype, pg_get_userbyid(t.typowner), CASE WHEN t.typacl IS NOT NULL THEN ARRAY(SELECT a::text FROM unnest(t.typacl) AS a ORDER BY 1)::text END,
                 CASE t.typtype
                     WHEN 'e' THEN (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
                     WHEN 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault)
                 END,
                 obj_description(t.oid, 'pg_type'))
FROM pg_type t
WHERE t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
  AND t.typnamespace::regnamespace::text !~ '^(pg_|information_schema)';

-- sequences --
SELECT s.seqrelid::regclass::text, concat_ws(' | ', s.seqtypid::regtype::text, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
FROM pg_sequence s;

-- roles --
SELECT r.rolname,
       concat_ws(' | ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls,
                 ARRAY(SELECT m.roleid::regrole::text FROM pg_auth_members m WHERE m.member = r.oid ORDER BY 1)::text)
FROM pg_roles r
WHERE r.rolname IN ('graph_sitter_owner', 'graph_sitter_app', 'graph_sitter_reader', 'graph_sitter_maintenance');

-- extensions --
SELECT x.extname, x.extversion FROM pg_extension x;

-- settings --
SELECT coalesce(s.setrole, 0)::text, s.setconfig::text
FROM pg_db_role_setting s
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database());
