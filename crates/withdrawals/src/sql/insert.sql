INSERT INTO withdrawals (shard, id, merchant, payee, quote, client_reference, status, bank, sell_currency, sell_minor,
                         fee_minor, net_minor, rate, rate_as_of, buy_currency, buy_minor, exact, to_send_minor, attempts,
                         estimated_arrival, worth_usd_minor, free_minor, spread_minor, premium_minor,
                         created_at, updated_at)
SELECT w.*, $25::timestamptz, $25::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::numeric[], $14::timestamptz[], $15::text[],
            $16::bigint[], $17::numeric[], $18::bigint[], $19::integer[], $20::timestamptz[], $21::bigint[],
            $22::bigint[], $23::bigint[], $24::bigint[]) AS w
