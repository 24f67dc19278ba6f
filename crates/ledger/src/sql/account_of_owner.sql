SELECT seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at, false AS last
FROM transfers
WHERE shard = $1 AND owner = $2 AND (seq, position) < ($3, $4) AND (debit_account = $5 OR credit_account = $5)
ORDER BY seq DESC, position DESC
LIMIT $6
