-- The oldest open orders of each store and currency, a page of each (as long as `$6` says), after what was read before. Nothing is locked
-- here: whoever asks holds the evidence accounts of these stores.
SELECT w.place, o.order_id, o.amount_minor, o.covered_minor, o.ordered_at
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::bigint[])
    WITH ORDINALITY AS w (shard, store, currency, after_at, after_id, page, place)
CROSS JOIN LATERAL (
    SELECT order_id, amount_minor, covered_minor, ordered_at
    FROM orders
    WHERE shard = w.shard AND store = w.store AND currency = w.currency AND is_open
      AND (ordered_at, order_id) > (w.after_at, w.after_id COLLATE "C")
    ORDER BY ordered_at, order_id
    LIMIT w.page
) AS o
ORDER BY w.place, o.ordered_at, o.order_id
