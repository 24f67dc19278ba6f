UPDATE reconciliation_lines l
SET state = s.state, outcome = s.outcome, entry_kind = s.entry_kind, entries = string_to_array(s.entries, ',')::uuid[],
    book_minor = s.book_minor, look_at = s.look_at, settled_at = CASE WHEN s.state = 'open' THEN NULL ELSE $9::timestamptz END
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[])
     AS s (shard, id, state, outcome, entry_kind, entries, book_minor, look_at)
WHERE l.shard = s.shard AND l.id = s.id AND l.state = 'open'
