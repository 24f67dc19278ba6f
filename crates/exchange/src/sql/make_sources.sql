INSERT INTO current_rates (base, quote, bank)
SELECT s.base, s.quote, s.bank
FROM unnest($1::text[], $2::text[], $3::text[]) AS s (base, quote, bank)
ORDER BY s.base, s.quote, s.bank
ON CONFLICT (base, quote, bank) DO NOTHING
