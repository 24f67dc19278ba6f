-- As PostgreSQL's statistics have it: an estimate, some seconds old.
SELECT n_live_tup AS live, n_dead_tup AS dead FROM pg_stat_user_tables WHERE relid = 'accounts'::regclass
