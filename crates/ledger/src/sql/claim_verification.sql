SELECT pg_try_advisory_xact_lock(hashtextextended('sluice verification', 0)) AS mine
