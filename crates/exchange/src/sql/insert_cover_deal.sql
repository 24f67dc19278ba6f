INSERT INTO cover_deals (shard, id, bank, bank_reference, sold_currency, sold_minor, bought_currency, bought_minor, booked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
