-- Each shard's counters have 64 bits, their sums may have more.
SELECT kind, owner, currency, sum(debits) AS debits, sum(credits) AS credits, count(*) AS shards FROM accounts
WHERE kind NOT IN ('merchant', 'receivable', 'evidence')
  AND ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR currency = $2)
GROUP BY kind, owner, currency ORDER BY kind, owner, currency
