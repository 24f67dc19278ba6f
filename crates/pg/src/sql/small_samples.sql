-- Of every column that nobody has said otherwise about, in every table of the current user's. NULL is PostgreSQL 17's -1.
DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT c.oid::regclass AS relation,
               string_agg(format('ALTER COLUMN %I SET STATISTICS 10', a.attname), ', ') AS columns
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = current_schema()::regnamespace AND pg_get_userbyid(c.relowner) = current_user
          AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(a.attstattarget, -1) = -1
        GROUP BY c.oid
        ORDER BY c.oid
    LOOP
        EXECUTE format('ALTER TABLE ONLY %s %s', target.relation, target.columns);
    END LOOP;
END
$$;
