SELECT seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at
FROM transfers
WHERE shard = $1 AND owner = $2 AND (seq, position) > ($3, $4)
ORDER BY seq, position
LIMIT $5
