-- $1 is any status but 'credited': the queue's index serves these. So many of them ($9), oldest ($2) or newest first, from
-- behind ($3, $4) on.
SELECT l.id, l.bank, l.reference, l.position, l.account_index, l.account, l.merchant, l.amount_minor, l.currency, l.status,
       l.reason, l.conflict, l.sum_mismatch, l.reversed_minor, l.details_sealed, l.uetr, l.value_date, l.event, l.received_at,
       l.decided_at, l.matches, l.stops
FROM (
    SELECT p.*,
           ($5::text IS NULL OR p.reason = $5) AND ($6::text IS NULL OR p.bank = $6)
               AND ($7::text IS NULL OR p.currency = $7) AND ($8::uuid IS NULL OR p.merchant = $8) AS matches,
           row_number() OVER (ORDER BY CASE WHEN $2 THEN p.received_at END, CASE WHEN $2 THEN p.id END, p.received_at DESC,
                                       p.id DESC) = $9 AS stops
    FROM (
        (SELECT * FROM payments o
         WHERE $2::boolean AND o.status = $1 AND o.status <> 'credited' AND (o.received_at, o.id) > ($3::timestamptz, $4::uuid)
         ORDER BY o.received_at, o.id LIMIT $9::bigint)
        UNION ALL
        (SELECT * FROM payments o
         WHERE NOT $2::boolean AND o.status = $1 AND o.status <> 'credited'
           AND (o.received_at, o.id) < ($3::timestamptz, $4::uuid)
         ORDER BY o.received_at DESC, o.id DESC LIMIT $9::bigint)
    ) AS p
) AS l
WHERE l.matches OR l.stops
ORDER BY CASE WHEN $2 THEN l.received_at END, CASE WHEN $2 THEN l.id END, l.received_at DESC, l.id DESC
LIMIT $10
