INSERT INTO bank_statements (shard, id, bank, account, covers, number, currency, from_date, to_date, opening_minor, closing_minor,
                             difference, lines, digest, event, received_at, checked_at)
SELECT s.shard, s.id, s.bank, s.account, s.covers, s.number, s.currency, s.from_date, s.to_date, s.opening_minor, s.closing_minor,
       s.difference::numeric, s.lines, s.digest, s.event, $16::timestamptz, CASE WHEN s.from_date IS NULL THEN $16::timestamptz END
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::date[], $9::date[],
            $10::bigint[], $11::bigint[], $12::text[], $13::integer[], $14::bytea[], $15::uuid[])
     AS s (shard, id, bank, account, covers, number, currency, from_date, to_date, opening_minor, closing_minor, difference,
           lines, digest, event)
ORDER BY s.shard, s.digest
ON CONFLICT (shard, digest) DO NOTHING
RETURNING id
