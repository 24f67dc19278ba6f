INSERT INTO quotes (shard, id, merchant, state, fixed_side, sell_currency, sell_minor, fee_minor, net_minor, rate,
                    rate_as_of, buy_currency, buy_minor, exact, spread_minor, premium_minor, expires_at, created_at)
VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
