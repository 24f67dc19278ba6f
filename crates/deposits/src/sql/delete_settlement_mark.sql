DELETE FROM settlement_marks WHERE shard = $1 AND merchant = $2
