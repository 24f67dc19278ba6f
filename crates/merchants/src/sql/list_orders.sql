SELECT order_id, amount_minor, currency, ordered_at, covered_minor
FROM orders
WHERE shard = $1 AND store = $2 AND order_id > $3
ORDER BY order_id
LIMIT $4
