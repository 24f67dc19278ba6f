UPDATE deliveries
SET state = $4, attempts = 0, replays = replays + 1, next_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE shard = $1 AND id = $2 AND state = $3
