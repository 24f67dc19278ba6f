INSERT INTO reversals (shard, id, bank, account_index, reference, original_reference, position, amount_minor, currency,
                       reason, state, hold, payment, covered_minor, owed_minor, event, received_at, applied_at)
SELECT r.*
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::integer[], $8::bigint[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::bigint[], $15::bigint[], $16::uuid[],
            $17::timestamptz[], $18::timestamptz[])
    AS r (shard, id, bank, account_index, reference, original_reference, position, amount_minor, currency, reason, state,
          hold, payment, covered_minor, owed_minor, event, received_at, applied_at)
