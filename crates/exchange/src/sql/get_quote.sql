SELECT q.id, q.merchant, q.fixed_side, q.sell_currency, q.sell_minor, q.fee_minor, q.net_minor, q.rate, q.rate_as_of,
       q.buy_currency, q.buy_minor, q.exact, q.spread_minor, q.premium_minor, q.expires_at, q.created_at, q.withdrawal, clock_timestamp() AS now
FROM quotes q WHERE q.shard = $1 AND q.id = $2
