SELECT tier FROM merchants WHERE shard = $1 AND id = $2
