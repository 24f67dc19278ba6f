UPDATE settlement_marks SET seq = $3, position = $4 WHERE shard = $1 AND merchant = $2
