-- With the age of it by the same clock. $1: only one that came to an end.
SELECT finished_at, result, broken, took_ms, transfers,
       extract(epoch FROM clock_timestamp() - finished_at)::double precision AS age_seconds
FROM verifications WHERE NOT $1 OR result <> 'failed' ORDER BY id DESC LIMIT 1
