INSERT INTO current_rates AS c (base, quote, as_of, bid, ask, bank, received_at)
SELECT r.base, r.quote, r.as_of, r.bid, r.ask, $6, $7
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::numeric[], $5::numeric[]) AS r (base, quote, as_of, bid, ask)
ORDER BY r.base, r.quote
ON CONFLICT (base, quote) DO UPDATE
SET as_of = EXCLUDED.as_of, bid = EXCLUDED.bid, ask = EXCLUDED.ask, bank = EXCLUDED.bank,
    received_at = EXCLUDED.received_at
WHERE c.as_of < EXCLUDED.as_of
