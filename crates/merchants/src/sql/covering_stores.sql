SELECT DISTINCT c.payment, c.store, c.currency
FROM unnest($1::smallint[], $2::uuid[]) AS w (shard, payment)
JOIN order_covers c ON c.shard = w.shard AND c.payment = w.payment
