-- Of each shard ($1) so many quotes ($6), oldest ($2) or newest first, from behind $3 on.
WITH looked_at AS MATERIALIZED (
    SELECT l.shard, l.id,
           ($4::uuid IS NULL OR l.merchant = $4)
               AND ($5::text IS NULL OR $5 = CASE WHEN l.state = 'used' THEN 'used'
                                                  WHEN l.expires_at <= statement_timestamp() THEN 'expired' ELSE 'open' END)
               AS matches,
           l.n = $6 AS stops
    FROM unnest($1::smallint[]) AS s (shard)
    CROSS JOIN LATERAL (
        SELECT o.*, row_number() OVER (ORDER BY o.id) AS n
        FROM (SELECT q.shard, q.id, q.merchant, q.state, q.expires_at FROM quotes q
              WHERE $2::boolean AND q.shard = s.shard AND q.id > $3::uuid ORDER BY q.id LIMIT $6::bigint) AS o
        UNION ALL
        SELECT o.*, row_number() OVER (ORDER BY o.id DESC) AS n
        FROM (SELECT q.shard, q.id, q.merchant, q.state, q.expires_at FROM quotes q
              WHERE NOT $2::boolean AND q.shard = s.shard AND q.id < $3::uuid ORDER BY q.id DESC LIMIT $6::bigint) AS o
    ) AS l
)
SELECT q.id, q.merchant, q.fixed_side, q.sell_currency, q.sell_minor, q.fee_minor, q.net_minor, q.rate, q.rate_as_of,
       q.buy_currency, q.buy_minor, q.exact, q.spread_minor, q.premium_minor, q.expires_at, q.created_at, q.withdrawal,
       statement_timestamp() AS now, l.matches, l.stops
FROM (SELECT * FROM looked_at WHERE matches OR stops ORDER BY CASE WHEN $2 THEN id END, id DESC LIMIT $7) AS l
CROSS JOIN LATERAL (SELECT * FROM quotes o WHERE o.shard = l.shard AND o.id = l.id LIMIT 1) AS q
ORDER BY CASE WHEN $2 THEN l.id END, l.id DESC
