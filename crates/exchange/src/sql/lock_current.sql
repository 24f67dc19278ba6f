SELECT r.base, r.quote, r.as_of
FROM current_rates r
WHERE (r.base, r.quote) IN (SELECT * FROM unnest($1::text[], $2::text[]))
ORDER BY r.base, r.quote
FOR NO KEY UPDATE OF r
