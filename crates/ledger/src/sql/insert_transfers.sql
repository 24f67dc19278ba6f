INSERT INTO transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause,
                       owner, posted_at)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::integer[], $4::uuid[], $5::uuid[], $6::bigint[],
                     $7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::timestamptz[])
