SELECT u.id, u.merchant, u.state AS user_state, m.state AS merchant_state
FROM users u
JOIN merchants m ON m.shard = u.shard AND m.id = u.merchant
WHERE u.api_key_hash = $1
