-- So many ($6) in the order of their ids, which is that of time, from behind $1 on.
SELECT l.id, l.bank, l.reference, l.position, l.account_index, l.account, l.merchant, l.amount_minor, l.currency, l.status,
       l.reason, l.conflict, l.sum_mismatch, l.reversed_minor, l.details_sealed, l.uetr, l.value_date, l.event, l.received_at,
       l.decided_at, l.matches, l.stops
FROM (
    SELECT p.*,
           p.status = 'credited' AND ($2::text IS NULL OR p.reason = $2) AND ($3::text IS NULL OR p.bank = $3)
               AND ($4::text IS NULL OR p.currency = $4) AND ($5::uuid IS NULL OR p.merchant = $5) AS matches,
           row_number() OVER (ORDER BY p.id) = $6 AS stops
    FROM (SELECT * FROM payments o WHERE o.id > $1 ORDER BY o.id LIMIT $6::bigint) AS p
) AS l
WHERE l.matches OR l.stops
ORDER BY l.id
LIMIT $7
