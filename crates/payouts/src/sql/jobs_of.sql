-- A statement of its own, after the payouts' locks: it sees what the last holder of the lock committed.
SELECT j.payout, j.kind, j.run_at, j.lease_until, j.token
FROM payout_jobs j
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, payout) ON j.shard = wanted.shard AND j.payout = wanted.payout
