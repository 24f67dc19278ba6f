INSERT INTO rates (id, base, quote, bank, as_of, bid, ask, received_at, event, state, decided_at)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::numeric[], $7::numeric[],
            $8::timestamptz[], $9::uuid[], $10::text[], $11::timestamptz[])
