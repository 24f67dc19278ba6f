-- In whatever shard they lie: a person may have booked one on a payment of another reference.
SELECT r.id, r.bank, r.account_index, r.reference, r.original_reference, r.position, r.amount_minor, r.currency, r.reason,
       r.state, r.hold, r.payment, r.covered_minor, r.owed_minor, r.event, r.received_at, r.applied_at
FROM unnest($1::uuid[]) AS w (payment)
JOIN reversals r ON r.payment = w.payment
ORDER BY r.received_at, r.id
