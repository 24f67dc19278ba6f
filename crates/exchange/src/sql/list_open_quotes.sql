-- What can still be used is little, whatever there was: all of it, in any order.
SELECT q.id, q.merchant, q.fixed_side, q.sell_currency, q.sell_minor, q.fee_minor, q.net_minor, q.rate, q.rate_as_of,
       q.buy_currency, q.buy_minor, q.exact, q.spread_minor, q.premium_minor, q.expires_at, q.created_at, q.withdrawal,
       statement_timestamp() AS now, true AS matches, false AS stops
FROM quotes q
WHERE q.state = 'open' AND q.expires_at > statement_timestamp() AND ($3::uuid IS NULL OR q.merchant = $3)
  AND CASE WHEN $1::boolean THEN q.id > $2::uuid ELSE q.id < $2::uuid END
ORDER BY CASE WHEN $1 THEN q.id END, q.id DESC
LIMIT $4
