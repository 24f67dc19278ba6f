INSERT INTO payments (shard, id, bank, reference, position, account_index, account, merchant, merchant_shard,
                      amount_minor, currency, status, reason, conflict, sum_mismatch, details_sealed, uetr,
                      value_date, event, received_at, decided_at, reversed_minor)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::bytea[],
                     $7::uuid[], $8::uuid[], $9::smallint[], $10::bigint[], $11::text[], $12::text[],
                     $13::text[], $14::boolean[], $15::boolean[], $16::bytea[], $17::uuid[], $18::date[],
                     $19::uuid[], $20::timestamptz[], $21::timestamptz[], $22::bigint[])
