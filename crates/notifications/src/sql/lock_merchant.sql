SELECT pg_advisory_xact_lock(hashtextextended('webhook_endpoints ' || $1::text, 0))
