UPDATE quotes q SET state = 'used', withdrawal = u.withdrawal
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS u (shard, id, withdrawal)
WHERE q.shard = u.shard AND q.id = u.id AND q.state = 'open'
