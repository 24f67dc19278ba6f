-- Each id by its own look: a join may compare every id of a file with every order of the store, too many with 10,000 of
-- each.
SELECT o.order_id, o.amount_minor, o.currency, o.ordered_at
FROM unnest($3::text[]) AS w (order_id)
CROSS JOIN LATERAL (
    SELECT order_id, amount_minor, currency, ordered_at
    FROM orders
    WHERE shard = $1 AND store = $2 AND order_id = w.order_id COLLATE "C"
    LIMIT 1
) AS o
