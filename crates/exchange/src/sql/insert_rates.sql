INSERT INTO rates (base, quote, as_of, bid, ask, bank, received_at, event)
SELECT r.base, r.quote, r.as_of, r.bid, r.ask, $6, $7, $8
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::numeric[], $5::numeric[]) AS r (base, quote, as_of, bid, ask)
