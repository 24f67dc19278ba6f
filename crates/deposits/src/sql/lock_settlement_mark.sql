SELECT seq, position FROM settlement_marks WHERE shard = $1 AND merchant = $2 FOR UPDATE SKIP LOCKED
