-- Written or not: what was inserted into the log is the cost of what was done.
SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint AS wal_bytes,
       (SELECT wal_fpi FROM pg_stat_wal) AS full_pages,
       (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits
