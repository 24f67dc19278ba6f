SELECT id, merchant, sell_currency, buy_currency, fixed_minor, parts_per_million, minimum_minor, maximum_minor, free_minor,
       valid_from, valid_until
FROM fee_versions
WHERE ($1::uuid IS NULL OR merchant IS NULL OR merchant = $1) AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
