SELECT id, merchant, account, store, amount_minor, currency, reference, paid_on, due_at, state, payment, asked_at, finding,
       finding_reason, created_at, settled_at
FROM settlements
WHERE shard = $1 AND merchant = $2 AND state IN ('announced', 'investigating') AND paid_on > $3
ORDER BY id
FOR NO KEY UPDATE
