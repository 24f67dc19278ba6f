SELECT id FROM merchant_documents WHERE shard = $1 AND merchant = $2 AND id > $3 ORDER BY id LIMIT $4
