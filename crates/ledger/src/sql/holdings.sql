-- Each on its normal side: what we owe the merchant, and what it owes us.
SELECT kind, currency, CASE floor WHEN 'debit' THEN debits - credits ELSE credits - debits END AS minor
FROM accounts
WHERE shard = $1 AND owner = $2 AND kind IN ('merchant', 'receivable')
