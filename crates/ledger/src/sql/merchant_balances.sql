SELECT currency, credits - debits AS minor
FROM accounts
WHERE shard = $1 AND id = ANY ($2::uuid[])
ORDER BY currency
