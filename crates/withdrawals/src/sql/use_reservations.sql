UPDATE fee_reservations r SET used = true
FROM unnest($1::smallint[], $2::uuid[]) AS u (shard, quote)
WHERE r.shard = u.shard AND r.quote = u.quote AND NOT r.used
