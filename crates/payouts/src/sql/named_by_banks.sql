-- Of each name not more than so many ($3), and one; a name of more than so many is none.
SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency,
       p.beneficiary_sealed, p.status, p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason,
       p.sends, p.queries, p.delays, p.needs_operator, p.created_at, p.sent_at, p.updated_at, p.settled_at, named.names
FROM (
    SELECT so.shard, so.payout, wanted.bank, array_agg(wanted.reference ORDER BY wanted.reference) AS names
    FROM unnest($1::text[], $2::text[]) AS wanted (bank, reference)
    CROSS JOIN LATERAL (
        SELECT few.shard, few.payout, count(*) OVER () AS bearers
        FROM (
            SELECT r.shard, r.payout FROM payout_references r
            WHERE r.reference = wanted.reference
            ORDER BY r.shard, r.payout
            LIMIT $3::bigint + 1
        ) AS few
    ) AS so
    WHERE so.bearers <= $3::bigint
    GROUP BY so.shard, so.payout, wanted.bank
) AS named
JOIN payouts p ON p.shard = named.shard AND p.id = named.payout AND p.bank = named.bank
ORDER BY p.shard, p.id
