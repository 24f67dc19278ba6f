SELECT base, quote, bid, ask, as_of, bank, doubted IS NOT NULL AS out
FROM current_rates
WHERE rate IS NOT NULL
ORDER BY base, quote, as_of DESC, counts_since, bank
