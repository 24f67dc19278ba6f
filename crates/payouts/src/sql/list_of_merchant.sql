-- As list_by_time, of one merchant ($5) in these statuses ($1): what is in flight is little, the rest has its index.
WITH looked_at AS MATERIALIZED (
    SELECT l.shard, l.id, l.created_at,
           l.status = ANY ($1::text[]) AND ($6::text IS NULL OR l.bank = $6) AND ($7::text IS NULL OR l.currency = $7)
               AND ($8::boolean IS NULL OR l.needs_operator = $8) AS matches,
           l.n = $9 AS stops
    FROM (
        SELECT o.*, row_number() OVER (ORDER BY o.created_at, o.id) AS n
        FROM (SELECT p.shard, p.id, p.created_at, p.status, p.bank, p.currency, p.needs_operator FROM payouts p
              WHERE $2::boolean AND p.merchant = $5::uuid AND p.status NOT IN ('queued', 'sent')
                AND (p.created_at, p.id) > ($3::timestamptz, $4::uuid)
              ORDER BY p.created_at, p.id LIMIT $9::bigint) AS o
        UNION ALL
        SELECT o.*, row_number() OVER (ORDER BY o.created_at DESC, o.id DESC) AS n
        FROM (SELECT p.shard, p.id, p.created_at, p.status, p.bank, p.currency, p.needs_operator FROM payouts p
              WHERE NOT $2::boolean AND p.merchant = $5::uuid AND p.status NOT IN ('queued', 'sent')
                AND (p.created_at, p.id) < ($3::timestamptz, $4::uuid)
              ORDER BY p.created_at DESC, p.id DESC LIMIT $9::bigint) AS o
        UNION ALL
        SELECT p.shard, p.id, p.created_at, p.status, p.bank, p.currency, p.needs_operator, 0 AS n FROM payouts p
        WHERE p.status IN ('queued', 'sent') AND p.merchant = $5::uuid
          AND CASE WHEN $2::boolean THEN (p.created_at, p.id) > ($3::timestamptz, $4::uuid)
                   ELSE (p.created_at, p.id) < ($3::timestamptz, $4::uuid) END
    ) AS l
)
SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency, p.beneficiary_sealed, p.status,
       p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason, p.sends, p.queries, p.delays,
       p.needs_operator, p.created_at, p.sent_at, p.updated_at, l.matches, l.stops
FROM (
    SELECT * FROM looked_at WHERE matches OR stops
    ORDER BY CASE WHEN $2 THEN created_at END, CASE WHEN $2 THEN id END, created_at DESC, id DESC
    LIMIT $10
) AS l
CROSS JOIN LATERAL (SELECT * FROM payouts o WHERE o.shard = l.shard AND o.id = l.id LIMIT 1) AS p
ORDER BY CASE WHEN $2 THEN l.created_at END, CASE WHEN $2 THEN l.id END, l.created_at DESC, l.id DESC
