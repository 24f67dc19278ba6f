SELECT id FROM settlements WHERE shard = $1 AND merchant = $2 AND account = $3 AND reference = $4
