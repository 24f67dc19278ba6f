INSERT INTO fee_versions (id, merchant, sell_currency, buy_currency, fixed_minor, parts_per_million, minimum_minor,
                          maximum_minor, free_minor, valid_from, valid_until, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
