-- Only those whose payment was reported since.
SELECT r.id, r.received_at
FROM reversals r
WHERE r.state = 'waiting' AND (r.received_at, r.id) > ($1, $2)
  AND EXISTS (SELECT FROM payment_keys k JOIN payments p ON p.shard = k.shard AND p.id = k.payment
              WHERE k.shard = r.shard AND p.bank = r.bank AND p.reference = r.original_reference
                AND k.reference_key = ('x' || encode(substring(sha256(
                    int8send(octet_length(convert_to(r.bank, 'UTF8'))) || convert_to(r.bank, 'UTF8')
                    || int8send(octet_length(convert_to(r.original_reference, 'UTF8')))
                    || convert_to(r.original_reference, 'UTF8')) FOR 8), 'hex'))::bit(64)::bigint
                AND (r.account_index IS NULL OR p.account_index = r.account_index))
ORDER BY r.received_at, r.id
LIMIT $3
