-- So many ($7) in the order of shards and ids, from behind ($1, $2) on.
SELECT l.id, l.bank, l.reference, l.position, l.account_index, l.account, l.merchant, l.amount_minor, l.currency, l.status,
       l.reason, l.conflict, l.sum_mismatch, l.reversed_minor, l.details_sealed, l.uetr, l.value_date, l.event, l.received_at,
       l.decided_at, l.matches, l.stops
FROM (
    SELECT p.*,
           p.status = 'credited' AND ($3::text IS NULL OR p.reason = $3) AND ($4::text IS NULL OR p.bank = $4)
               AND ($5::text IS NULL OR p.currency = $5) AND ($6::uuid IS NULL OR p.merchant = $6) AS matches,
           row_number() OVER (ORDER BY p.shard, p.id) = $7 AS stops
    FROM (SELECT * FROM payments o WHERE (o.shard, o.id) > ($1, $2) ORDER BY o.shard, o.id LIMIT $7::bigint) AS p
) AS l
WHERE l.matches OR l.stops
ORDER BY l.shard, l.id
LIMIT $8
