SELECT EXISTS (
    SELECT FROM payments p
    JOIN unnest($2::smallint[], $3::uuid[]) AS wanted (shard, id) ON p.shard = wanted.shard AND p.id = wanted.id
    WHERE p.merchant = $1
) AS found
