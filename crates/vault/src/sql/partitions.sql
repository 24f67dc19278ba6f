SELECT c.relname::text AS name FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'bank_event_bytes'::regclass ORDER BY 1
