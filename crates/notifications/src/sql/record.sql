UPDATE deliveries
SET state = $4, attempts = attempts + 1, token = NULL, last_answer = $6, updated_at = clock_timestamp(),
    next_at = clock_timestamp() + make_interval(secs => $5::double precision)
WHERE shard = $1 AND id = $2 AND token = $3 AND state = 'pending'
