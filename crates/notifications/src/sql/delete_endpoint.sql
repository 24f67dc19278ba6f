UPDATE webhook_endpoints
SET state = 'deleted', updated_at = clock_timestamp()
WHERE shard = $1 AND id = $2 AND merchant = $3 AND state <> 'deleted'
