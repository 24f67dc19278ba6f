INSERT INTO declarations (shard, id, withdrawal, merchant, event, day, sell_currency, net_minor, fee_minor, rate, buy_currency, buy_minor,
                          bank, origin_country, payee_country, transaction_code, booked_at)
SELECT *
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::date[], $7::text[], $8::bigint[],
            $9::bigint[], $10::numeric[], $11::text[], $12::bigint[], $13::text[], $14::text[], $15::text[],
            $16::text[], $17::timestamptz[])
