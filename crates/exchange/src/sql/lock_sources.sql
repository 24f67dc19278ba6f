SELECT c.base, c.quote, c.bank, c.rate, c.as_of, c.bid, c.ask, c.counts_since, c.newest_as_of, c.doubted
FROM current_rates c
WHERE (c.base, c.quote, c.bank) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
ORDER BY c.base, c.quote, c.bank
FOR NO KEY UPDATE OF c
