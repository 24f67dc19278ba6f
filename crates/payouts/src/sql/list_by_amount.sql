-- By currency and amount, smallest ($2) or largest first, from behind ($3, $4, $5) on: so many rows ($12) of what went wrong, by
-- its index; what is in flight; and of what is paid the newest ($13). $6 and $7 are the first and the last currency that
-- there may be.
WITH looked_at AS MATERIALIZED (
    SELECT l.shard, l.id, l.currency, l.amount_minor,
           l.status = ANY ($1::text[]) AND ($8::text IS NULL OR l.bank = $8) AND ($9::uuid IS NULL OR l.merchant = $9)
               AND ($10::boolean IS NULL OR l.needs_operator = $10) AS matches,
           l.n = $12 AS stops
    FROM (
        SELECT o.*, row_number() OVER (ORDER BY o.currency, o.amount_minor, o.id) AS n
        FROM (SELECT p.shard, p.id, p.currency, p.amount_minor, p.status, p.bank, p.merchant, p.needs_operator FROM payouts p
              WHERE $2::boolean AND p.status NOT IN ('queued', 'sent', 'paid') AND p.currency <= $7::text
                AND (p.currency, p.amount_minor, p.id) > ($3::text, $4::bigint, $5::uuid)
              ORDER BY p.currency, p.amount_minor, p.id LIMIT $12::bigint) AS o
        UNION ALL
        SELECT o.*, row_number() OVER (ORDER BY o.currency DESC, o.amount_minor DESC, o.id DESC) AS n
        FROM (SELECT p.shard, p.id, p.currency, p.amount_minor, p.status, p.bank, p.merchant, p.needs_operator FROM payouts p
              WHERE NOT $2::boolean AND p.status NOT IN ('queued', 'sent', 'paid') AND p.currency >= $6::text
                AND (p.currency, p.amount_minor, p.id) < ($3::text, $4::bigint, $5::uuid)
              ORDER BY p.currency DESC, p.amount_minor DESC, p.id DESC LIMIT $12::bigint) AS o
        UNION ALL
        SELECT p.shard, p.id, p.currency, p.amount_minor, p.status, p.bank, p.merchant, p.needs_operator, 0 AS n FROM payouts p
        WHERE p.status IN ('queued', 'sent') AND p.currency BETWEEN $6::text AND $7::text
          AND CASE WHEN $2::boolean THEN (p.currency, p.amount_minor, p.id) > ($3::text, $4::bigint, $5::uuid)
                   ELSE (p.currency, p.amount_minor, p.id) < ($3::text, $4::bigint, $5::uuid) END
        UNION ALL
        SELECT o.*, 0 AS n
        FROM (SELECT p.shard, p.id, p.currency, p.amount_minor, p.status, p.bank, p.merchant, p.needs_operator FROM payouts p
              WHERE p.status = 'paid' AND 'paid' = ANY ($1::text[])
              ORDER BY p.created_at DESC, p.id DESC LIMIT $13::bigint) AS o
        WHERE o.currency BETWEEN $6::text AND $7::text
          AND CASE WHEN $2::boolean THEN (o.currency, o.amount_minor, o.id) > ($3::text, $4::bigint, $5::uuid)
                   ELSE (o.currency, o.amount_minor, o.id) < ($3::text, $4::bigint, $5::uuid) END
    ) AS l
)
SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency, p.beneficiary_sealed, p.status,
       p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason, p.sends, p.queries, p.delays,
       p.needs_operator, p.created_at, p.sent_at, p.updated_at, l.matches, l.stops
FROM (
    SELECT * FROM looked_at WHERE matches OR stops
    ORDER BY CASE WHEN $2 THEN currency END, CASE WHEN $2 THEN amount_minor END, CASE WHEN $2 THEN id END,
             currency DESC, amount_minor DESC, id DESC
    LIMIT $11
) AS l
CROSS JOIN LATERAL (SELECT * FROM payouts o WHERE o.shard = l.shard AND o.id = l.id LIMIT 1) AS p
ORDER BY CASE WHEN $2 THEN l.currency END, CASE WHEN $2 THEN l.amount_minor END, CASE WHEN $2 THEN l.id END,
         l.currency DESC, l.amount_minor DESC, l.id DESC
