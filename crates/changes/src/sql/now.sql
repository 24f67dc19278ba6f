SELECT id, pg_current_snapshot()::text AS snapshot FROM change_feed
