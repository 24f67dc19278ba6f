SELECT o.shard, o.id, o.merchant,
       ARRAY(SELECT e.id FROM webhook_endpoints e
             WHERE e.shard = o.shard AND e.merchant = o.merchant AND e.state = 'active'
             ORDER BY e.id) AS endpoints
FROM outbox o
WHERE o.routed_at IS NULL
ORDER BY o.created_at
LIMIT $1
FOR UPDATE OF o SKIP LOCKED
