UPDATE stores SET authorised_until = $4 WHERE shard = $1 AND merchant = $2 AND id = $3
