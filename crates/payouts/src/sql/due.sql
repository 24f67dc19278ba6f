-- Candidates, without a lock; each is looked at again under the lock of its payout.
SELECT j.shard, j.payout, j.merchant, j.kind
FROM payout_jobs j
WHERE j.bank = $1 AND j.run_at <= clock_timestamp()
ORDER BY j.run_at
LIMIT $2
