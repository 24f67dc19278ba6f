-- I2: what is kept as in transit is the sum of the withdrawals that are not final. Found by the index of what is not paid.
SELECT coalesce(k.merchant, s.merchant) AS merchant, coalesce(k.currency, s.currency) AS currency,
       coalesce(k.minor, 0)::text AS kept, coalesce(s.minor, 0)::text AS summed
FROM (SELECT shard, merchant, currency, minor FROM in_transit WHERE minor <> 0) AS k
FULL JOIN (
    SELECT shard, merchant, sell_currency AS currency, sum(sell_minor) AS minor
    FROM withdrawals
    WHERE status IN ('processing', 'payee_action_required', 'failed', 'returned') AND status <> 'paid'
    GROUP BY shard, merchant, sell_currency
) AS s ON s.shard = k.shard AND s.merchant = k.merchant AND s.currency = k.currency
WHERE coalesce(k.minor, 0) <> coalesce(s.minor, 0)
ORDER BY 1, 2
LIMIT 100
