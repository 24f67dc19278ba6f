SELECT o.order_id, o.amount_minor, o.currency, o.ordered_at
FROM unnest($3::text[]) AS w (order_id)
JOIN orders o ON o.shard = $1 AND o.store = $2 AND o.order_id = w.order_id COLLATE "C"
