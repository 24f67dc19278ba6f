SELECT id, merchant, label, state, api_key_hash, created_at FROM users WHERE shard = $1 AND id = $2 FOR NO KEY UPDATE
