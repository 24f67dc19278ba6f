SELECT r.quote, r.free_minor
FROM fee_reservations r
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, quote) ON r.shard = wanted.shard AND r.quote = wanted.quote
WHERE NOT r.used
