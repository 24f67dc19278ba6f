SELECT e.id, e.url, e.state, e.created_at
FROM webhook_endpoints e
WHERE e.shard = $1 AND e.merchant = $2 AND e.state <> 'deleted'
ORDER BY e.created_at, e.id
