-- By the payment's reference; and by the reversal's own, if not more than so many ($4) have it.
SELECT r.id, r.bank, r.account_index, r.reference, r.original_reference, r.position, r.amount_minor, r.currency, r.reason,
       r.state, r.hold, r.payment, r.covered_minor, r.owed_minor, r.event, r.received_at, r.applied_at
FROM (
    SELECT k.shard, k.reversal AS id
    FROM unnest($1::smallint[], $2::text[], $3::text[]) AS wanted (shard, bank, reference)
    JOIN reversal_keys k ON k.shard = wanted.shard AND k.bank = wanted.bank AND k.original_reference = wanted.reference
    UNION
    SELECT own.shard, own.id
    FROM unnest($2::text[], $3::text[]) AS wanted (bank, reference)
    CROSS JOIN LATERAL (
        SELECT few.shard, few.id, few.bank, count(*) OVER () AS bearers
        FROM (
            SELECT o.shard, o.id, o.bank FROM reversals o
            WHERE o.reference = wanted.reference
            ORDER BY o.id
            LIMIT $4::bigint + 1
        ) AS few
    ) AS own
    WHERE own.bank = wanted.bank AND own.bearers <= $4::bigint
) AS named
JOIN reversals r ON r.shard = named.shard AND r.id = named.id
ORDER BY r.shard, r.id
