SELECT e.merchant, e.id
FROM unnest($1::smallint[], $2::uuid[]) AS m (shard, merchant)
JOIN webhook_endpoints e ON e.shard = m.shard AND e.merchant = m.merchant AND e.state = 'active'
ORDER BY e.merchant, e.id
