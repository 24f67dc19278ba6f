-- The limit keeps it from being planned as a join with all users.
SELECT asked.key_hash, u.id, u.merchant, u.state AS user_state, u.merchant_state
FROM unnest($1::bytea[]) AS asked (key_hash)
CROSS JOIN LATERAL (
    SELECT k.id, k.merchant, k.state, m.state AS merchant_state
    FROM users k
    JOIN merchants m ON m.shard = k.shard AND m.id = k.merchant
    WHERE k.api_key_hash = asked.key_hash
    LIMIT 1
) AS u
