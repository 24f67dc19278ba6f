INSERT INTO users (shard, id, merchant, label, state, api_key_hash) VALUES ($1, $2, $3, $4, 'active', $5)
RETURNING id, merchant, label, state, api_key_hash, created_at
