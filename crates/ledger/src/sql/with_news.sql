-- One probe of the statement's index for each.
SELECT wanted.owner
FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::integer[]) AS wanted (shard, owner, seq, position)
CROSS JOIN LATERAL (
    SELECT FROM transfers t
    WHERE t.shard = wanted.shard AND t.owner = wanted.owner AND (t.seq, t.position) > (wanted.seq, wanted.position)
    ORDER BY t.seq, t.position
    LIMIT 1
) AS next
