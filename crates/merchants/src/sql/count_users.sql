SELECT count(*) AS alive FROM users WHERE shard = $1 AND merchant = $2 AND state <> 'deleted'
