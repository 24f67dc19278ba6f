SELECT pg_advisory_xact_lock(hashtextextended('receiving_accounts ' || $1::text, 0))
