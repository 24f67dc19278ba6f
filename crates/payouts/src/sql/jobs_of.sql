-- A statement of its own, after the payouts' locks: it sees what the last holder of the lock committed. The limit keeps it from
-- being planned as a join with all jobs.
SELECT j.payout, j.kind, j.run_at, j.lease_until, j.token
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, payout)
CROSS JOIN LATERAL (
    SELECT * FROM payout_jobs k WHERE k.shard = wanted.shard AND k.payout = wanted.payout LIMIT 1
) AS j
