SELECT q.id, q.merchant, q.fixed_side, q.sell_currency, q.sell_minor, q.fee_minor, q.net_minor, q.rate, q.rate_as_of,
       q.buy_currency, q.buy_minor, q.exact, q.spread_minor, q.premium_minor, q.expires_at, q.created_at, q.withdrawal
FROM quotes q
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON q.shard = wanted.shard AND q.id = wanted.id
ORDER BY q.shard, q.id
FOR NO KEY UPDATE OF q
