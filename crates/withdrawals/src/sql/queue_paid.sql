-- The newest (or, $4, the oldest) of each currency by its part of the index, then the newest of these: currencies are few,
-- the paid many.
WITH RECURSIVE paid_in (currency) AS (
    SELECT min(f.buy_currency) FROM withdrawals f WHERE f.status = 'paid'
    UNION ALL
    SELECT (SELECT min(n.buy_currency) FROM withdrawals n WHERE n.status = 'paid' AND n.buy_currency > c.currency)
    FROM paid_in c WHERE c.currency IS NOT NULL
)
SELECT w.id, w.merchant, w.payee, w.quote, w.client_reference, w.status, w.bank, w.sell_currency, w.sell_minor, w.fee_minor,
       w.net_minor, w.rate, w.rate_as_of, w.buy_currency, w.buy_minor, w.exact, w.to_send_minor, w.attempts, w.failure_code,
       w.failure_reason, w.estimated_arrival, w.worth_usd_minor, w.free_minor, w.spread_minor, w.premium_minor, w.created_at, w.updated_at
FROM paid_in c
CROSS JOIN LATERAL (
    (SELECT * FROM withdrawals p
     WHERE $4::boolean AND p.status = 'paid' AND p.buy_currency = c.currency AND p.id > $2::uuid
     ORDER BY p.id LIMIT $3::bigint)
    UNION ALL
    (SELECT * FROM withdrawals p
     WHERE NOT $4::boolean AND p.status = 'paid' AND p.buy_currency = c.currency AND p.id < $2::uuid
     ORDER BY p.id DESC LIMIT $3::bigint)
) AS w
WHERE $1::text IS NULL OR c.currency = $1
ORDER BY CASE WHEN $4 THEN w.id END, w.id DESC LIMIT $3
