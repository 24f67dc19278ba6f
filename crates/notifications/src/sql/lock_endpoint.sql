SELECT e.last_test
FROM webhook_endpoints e
WHERE e.shard = $1 AND e.id = $2 AND e.merchant = $3 AND e.state = 'active'
FOR NO KEY UPDATE
