-- The head where it is there, the last entry, and how many lie where none was ever written, of one moment.
SELECT h.seq, h.hash, (SELECT coalesce(max(l.seq), 0) FROM audit_log l)::bigint AS last,
       (SELECT count(*) FROM audit_log l WHERE l.seq < 1) AS early
FROM (VALUES (true)) AS one (row) LEFT JOIN audit_head h ON h.only_row
