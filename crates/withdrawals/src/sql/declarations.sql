SELECT id, withdrawal, merchant, event, day, sell_currency, net_minor, fee_minor, rate, buy_currency, buy_minor, bank,
       origin_country, payee_country, transaction_code, booked_at
FROM declarations
WHERE day = $1 AND (booked_at, id) > ($2, $3)
ORDER BY booked_at, id
LIMIT $4
