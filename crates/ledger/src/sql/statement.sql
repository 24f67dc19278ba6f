SELECT seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at
FROM transfers
WHERE shard = $1 AND owner = $2
  AND (seq, position) < ($3, $4)
  AND posted_at >= $5 AND posted_at < $6
  AND kind = ANY ($7::text[])
  AND ($8::text IS NULL OR currency = $8)
ORDER BY seq DESC, position DESC
LIMIT $9
