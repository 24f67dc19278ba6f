-- I2: every account's counters equal the sums of its transfers, and no transfer names an account that isn't there.
WITH sums AS (
    SELECT shard, account, currency, sum(debit) AS debits, sum(credit) AS credits
    FROM (
        SELECT shard, debit_account AS account, currency, amount AS debit, 0 AS credit FROM transfers
        UNION ALL
        SELECT shard, credit_account, currency, 0, amount FROM transfers
    ) AS legs
    GROUP BY shard, account, currency
)
SELECT coalesce(a.shard, s.shard) AS shard, coalesce(a.id, s.account) AS account, a.kind,
       a.debits::text AS debits, a.credits::text AS credits,
       coalesce(s.debits, 0)::text AS summed_debits, coalesce(s.credits, 0)::text AS summed_credits
FROM accounts a
FULL JOIN sums s ON a.shard = s.shard AND a.id = s.account AND a.currency = s.currency
WHERE a.id IS NULL OR a.debits <> coalesce(s.debits, 0) OR a.credits <> coalesce(s.credits, 0)
ORDER BY 1, 2
LIMIT 100
