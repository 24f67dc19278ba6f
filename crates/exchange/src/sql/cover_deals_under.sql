SELECT d.id, d.bank, d.bank_reference, d.sold_currency, d.sold_minor, d.bought_currency, d.bought_minor, d.booked_at
FROM unnest($1::text[], $2::text[]) AS wanted (bank, bank_reference)
JOIN cover_references c ON c.bank = wanted.bank AND c.bank_reference = wanted.bank_reference
JOIN cover_deals d ON d.id = c.deal
ORDER BY d.id
