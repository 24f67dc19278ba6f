SELECT c.shard, c.payment, c.store, c.order_id, c.currency, c.ordered_at, c.minor, c.released_minor, o.amount_minor, o.covered_minor
FROM unnest($1::smallint[], $2::uuid[]) AS w (shard, payment)
JOIN order_covers c ON c.shard = w.shard AND c.payment = w.payment
JOIN orders o ON o.shard = c.shard AND o.store = c.store AND o.order_id = c.order_id
WHERE c.released_minor < c.minor
