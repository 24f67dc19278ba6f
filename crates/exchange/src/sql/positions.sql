SELECT sold_currency, bought_currency, sum(sold_minor) AS sold_minor, sum(bought_minor) AS bought_minor
FROM pair_positions GROUP BY sold_currency, bought_currency ORDER BY sold_currency, bought_currency
