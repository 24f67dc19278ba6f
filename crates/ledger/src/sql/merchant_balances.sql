-- Each on its normal side: what we owe the merchant, and what it owes us.
SELECT currency, CASE floor WHEN 'debit' THEN debits - credits ELSE credits - debits END AS minor
FROM accounts
WHERE shard = $1 AND id = ANY ($2::uuid[])
ORDER BY currency
