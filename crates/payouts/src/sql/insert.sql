INSERT INTO payouts (shard, id, withdrawal, payment, merchant, bank, attempt, amount_minor, currency, beneficiary_sealed,
                     status, held_by, sends, queries, delays, needs_operator, created_at, updated_at)
SELECT n.shard, n.id, n.withdrawal, n.payment, n.merchant, n.bank, n.attempt, n.amount_minor, n.currency,
       n.beneficiary_sealed, n.status, n.held_by, 0, 0, 0, false, $13, $13
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::integer[], $8::bigint[],
            $9::text[], $10::bytea[], $11::text[], $12::text[])
     AS n (shard, id, withdrawal, payment, merchant, bank, attempt, amount_minor, currency, beneficiary_sealed, status,
           held_by)
ORDER BY n.shard, n.id
