DELETE FROM payout_jobs j
USING unnest($1::smallint[], $2::uuid[]) AS done (shard, payout)
WHERE j.shard = done.shard AND j.payout = done.payout
