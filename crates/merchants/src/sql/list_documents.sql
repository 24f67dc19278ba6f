SELECT id, merchant, kind, expires_on, added_at, told_at, lapsed_at, replaced_at, number_sealed, number_index
FROM merchant_documents WHERE shard = $1 AND merchant = $2 AND id < $3 ORDER BY id DESC LIMIT $4
