-- As list_open by currency and amount, smallest ($2) or largest first, from behind ($3, $4, $5) on; $6 and $7 are the first
-- and the last currency that there may be.
SELECT l.id, l.bank, l.reference, l.position, l.account_index, l.account, l.merchant, l.amount_minor, l.currency, l.status,
       l.reason, l.conflict, l.sum_mismatch, l.reversed_minor, l.details_sealed, l.uetr, l.value_date, l.event, l.received_at,
       l.decided_at, l.matches, l.stops
FROM (
    SELECT p.*,
           ($8::text IS NULL OR p.reason = $8) AND ($9::text IS NULL OR p.bank = $9)
               AND ($10::uuid IS NULL OR p.merchant = $10) AS matches,
           row_number() OVER (ORDER BY CASE WHEN $2 THEN p.currency END, CASE WHEN $2 THEN p.amount_minor END,
                                       CASE WHEN $2 THEN p.id END, p.currency DESC, p.amount_minor DESC, p.id DESC) = $11
               AS stops
    FROM (
        (SELECT * FROM payments o
         WHERE $2::boolean AND o.status = $1 AND o.status <> 'credited' AND o.currency <= $7::text
           AND (o.currency, o.amount_minor, o.id) > ($3::text, $4::bigint, $5::uuid)
         ORDER BY o.currency, o.amount_minor, o.id LIMIT $11::bigint)
        UNION ALL
        (SELECT * FROM payments o
         WHERE NOT $2::boolean AND o.status = $1 AND o.status <> 'credited' AND o.currency >= $6::text
           AND (o.currency, o.amount_minor, o.id) < ($3::text, $4::bigint, $5::uuid)
         ORDER BY o.currency DESC, o.amount_minor DESC, o.id DESC LIMIT $11::bigint)
    ) AS p
) AS l
WHERE l.matches OR l.stops
ORDER BY CASE WHEN $2 THEN l.currency END, CASE WHEN $2 THEN l.amount_minor END, CASE WHEN $2 THEN l.id END,
         l.currency DESC, l.amount_minor DESC, l.id DESC
LIMIT $12
