INSERT INTO reconciliation_lines (shard, id, origin, bank, statement, position, account, booked_on, value_date, amount_minor,
                                  currency, direction, reversal, refs, digest, state, outcome, entry_kind, entries,
                                  book_minor, received_at, look_at)
SELECT l.shard, l.id, CASE WHEN l.entry IS NULL THEN 'bank' ELSE 'book' END, l.bank, l.statement, l.position, l.account,
       l.booked_on, l.value_date, l.amount_minor, l.currency, l.direction, l.reversal, string_to_array(l.refs, E'\n'), l.digest,
       'open', CASE WHEN l.entry IS NULL THEN 'new' ELSE 'missing_at_bank' END, l.entry_kind,
       CASE WHEN l.entry IS NULL THEN '{}'::uuid[] ELSE ARRAY[l.entry] END,
       CASE WHEN l.entry IS NULL THEN NULL ELSE l.amount_minor END, $17::timestamptz, $17::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::bytea[], $7::date[], $8::date[],
            $9::bigint[], $10::text[], $11::text[], $12::boolean[], $13::text[], $14::bytea[], $15::text[], $16::uuid[])
     AS l (shard, id, bank, statement, position, account, booked_on, value_date, amount_minor, currency, direction, reversal,
           refs, digest, entry_kind, entry)
ORDER BY l.shard, l.digest
ON CONFLICT (shard, digest) DO NOTHING
RETURNING statement
