INSERT INTO payout_evidence (shard, payout, id, at, source, text)
SELECT n.shard, n.payout, n.id, $6, n.source, n.text
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS n (shard, payout, id, source, text)
