UPDATE webhook_endpoints
SET state = 'disabled', updated_at = clock_timestamp()
WHERE shard = $1 AND id = $2 AND state = 'active'
