INSERT INTO fee_reservations (shard, quote, merchant, sell_currency, free_minor, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
