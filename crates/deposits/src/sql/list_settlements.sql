SELECT id, merchant, account, store, amount_minor, currency, reference, paid_on, due_at, state, payment, asked_at, finding,
       finding_reason, created_at, settled_at
FROM settlements
WHERE shard = $1 AND merchant = $2 AND ($3::text IS NULL OR state = $3)
  AND ($4::boolean IS NULL OR (due_at <= statement_timestamp()) = $4) AND ($5::uuid IS NULL OR id < $5)
ORDER BY id DESC
LIMIT $6
