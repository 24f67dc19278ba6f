-- Only those whose payment was reported since.
SELECT r.id, r.received_at
FROM reversals r
WHERE r.state = 'waiting' AND (r.received_at, r.id) > ($1, $2)
  AND EXISTS (SELECT FROM payment_keys k
              WHERE k.shard = r.shard AND k.bank = r.bank AND k.reference = r.original_reference
                AND (r.account_index IS NULL OR k.account_index = r.account_index))
ORDER BY r.received_at, r.id
LIMIT $3
