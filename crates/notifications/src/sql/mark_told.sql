UPDATE outbox SET told_at = clock_timestamp() WHERE shard = $1 AND id = $2 AND told_at IS NULL
