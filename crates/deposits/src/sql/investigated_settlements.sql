SELECT id, merchant, account, store, amount_minor, currency, reference, paid_on, due_at, state, payment, asked_at, finding,
       finding_reason, created_at, settled_at
FROM settlements
WHERE state = 'investigating' AND (asked_at, id) > ($1::timestamptz, $2::uuid) AND ($3::uuid IS NULL OR merchant = $3)
ORDER BY asked_at, id
LIMIT $4
