-- The head, and the last entry, of one moment.
SELECT seq, hash, (SELECT coalesce(max(seq), 0) FROM audit_log)::bigint AS last FROM audit_head
