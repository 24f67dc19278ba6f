SELECT id, merchant, label, state, api_key_hash, created_at FROM users
WHERE shard = $1 AND merchant = $2 AND ($3::uuid IS NULL OR id > $3)
ORDER BY id LIMIT $4
