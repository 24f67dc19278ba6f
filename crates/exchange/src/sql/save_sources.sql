UPDATE current_rates c
SET rate = s.rate, as_of = s.as_of, bid = s.bid, ask = s.ask, counts_since = s.counts_since,
    newest_as_of = s.newest_as_of, doubted = s.doubted
FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $6::numeric[], $7::numeric[],
            $8::timestamptz[], $9::timestamptz[], $10::uuid[])
     AS s (base, quote, bank, rate, as_of, bid, ask, counts_since, newest_as_of, doubted)
WHERE c.base = s.base AND c.quote = s.quote AND c.bank = s.bank
