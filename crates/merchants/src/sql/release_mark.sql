DELETE FROM merchant_marks WHERE kind = $1 AND mark_index = $2 AND merchant = $3
