-- What banks said of these payouts, in the words of the evidence, each word once.
SELECT DISTINCT e.payout, e.text
FROM payout_evidence e
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON e.shard = wanted.shard AND e.payout = wanted.id
WHERE e.source = ANY ($3)
