SELECT d.id, d.bank, d.bank_reference, d.sold_currency, d.sold_minor, d.bought_currency, d.bought_minor, d.booked_at
FROM cover_deals d
WHERE d.id > $1 AND d.id < $2
ORDER BY d.id
LIMIT $3
