INSERT INTO payout_references (reference, shard, payout)
SELECT n.reference, n.shard, n.payout
FROM unnest($1::text[], $2::smallint[], $3::uuid[]) AS n (reference, shard, payout)
ORDER BY n.reference COLLATE "C", n.shard, n.payout
ON CONFLICT DO NOTHING
