-- Oldest ($6) or newest first, from behind $4 on.
SELECT w.id, w.merchant, w.payee, w.quote, w.client_reference, w.status, w.bank, w.sell_currency, w.sell_minor, w.fee_minor,
       w.net_minor, w.rate, w.rate_as_of, w.buy_currency, w.buy_minor, w.exact, w.to_send_minor, w.attempts, w.failure_code,
       w.failure_reason, w.estimated_arrival, w.worth_usd_minor, w.free_minor, w.spread_minor, w.premium_minor, w.created_at, w.updated_at
FROM (
    (SELECT * FROM withdrawals o
     WHERE $6::boolean AND o.shard = $1 AND o.merchant = $2 AND o.status = 'paid' AND o.id > $4::uuid
       AND ($3::text IS NULL OR o.buy_currency = $3)
     ORDER BY o.id LIMIT $5::bigint)
    UNION ALL
    (SELECT * FROM withdrawals o
     WHERE NOT $6::boolean AND o.shard = $1 AND o.merchant = $2 AND o.status = 'paid' AND o.id < $4::uuid
       AND ($3::text IS NULL OR o.buy_currency = $3)
     ORDER BY o.id DESC LIMIT $5::bigint)
) AS w
ORDER BY CASE WHEN $6 THEN w.id END, w.id DESC
