SELECT id, merchant, sell_currency, buy_currency, fixed_minor, parts_per_million, minimum_minor, maximum_minor, free_minor,
       valid_from, valid_until
FROM fee_versions
WHERE (merchant IS NULL OR merchant = ANY($1::uuid[]))
  AND valid_from <= $2 AND (valid_until IS NULL OR valid_until > $2)
