INSERT INTO webhook_endpoints (shard, id, merchant, url, secret_sealed, state, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, 'active', $6, $6
WHERE (SELECT count(*) FROM webhook_endpoints e WHERE e.shard = $1 AND e.merchant = $3 AND e.state <> 'deleted')
    < $7::bigint
