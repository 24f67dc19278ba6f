UPDATE merchant_freezes SET lifted_at = $3 WHERE shard = $1 AND id = $2 AND lifted_at IS NULL
