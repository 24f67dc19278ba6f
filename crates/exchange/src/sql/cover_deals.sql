SELECT d.id, d.bank, d.bank_reference, d.sold_currency, d.sold_minor, d.bought_currency, d.bought_minor, d.booked_at
FROM cover_deals d WHERE $1::uuid IS NULL OR d.id < $1 ORDER BY d.id DESC LIMIT $2
