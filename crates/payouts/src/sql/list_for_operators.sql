-- What waits for a person, all of it, in any order: by time ($2) or by amount, the least ($3) or the most first.
SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency, p.beneficiary_sealed, p.status,
       p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason, p.sends, p.queries, p.delays,
       p.needs_operator, p.created_at, p.sent_at, p.updated_at, true AS matches, false AS stops
FROM payouts p
WHERE p.needs_operator AND p.status = ANY ($1::text[])
  AND ($8::text IS NULL OR p.bank = $8) AND ($9::uuid IS NULL OR p.merchant = $9) AND ($10::text IS NULL OR p.currency = $10)
  AND CASE WHEN $2::boolean AND $3::boolean THEN (p.created_at, p.id) > ($4::timestamptz, $7::uuid)
           WHEN $2 THEN (p.created_at, p.id) < ($4, $7)
           WHEN $3 THEN (p.currency, p.amount_minor, p.id) > ($5::text, $6::bigint, $7)
           ELSE (p.currency, p.amount_minor, p.id) < ($5, $6, $7) END
ORDER BY CASE WHEN $2 AND $3 THEN p.created_at END, CASE WHEN $2 AND NOT $3 THEN p.created_at END DESC,
         CASE WHEN NOT $2 AND $3 THEN p.currency END, CASE WHEN NOT $2 AND $3 THEN p.amount_minor END,
         CASE WHEN NOT $2 AND NOT $3 THEN p.currency END DESC, CASE WHEN NOT $2 AND NOT $3 THEN p.amount_minor END DESC,
         CASE WHEN $3 THEN p.id END, p.id DESC
LIMIT $11
