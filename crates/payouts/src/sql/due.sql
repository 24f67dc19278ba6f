-- Candidates, without a lock; each is looked at again under the lock of its payout. A send with a lease is one whose worker was
-- lost: it is asked about, also where nothing may be sent now.
SELECT j.shard, j.payout, j.merchant, j.kind
FROM payout_jobs j
WHERE j.bank = $1 AND j.run_at <= clock_timestamp() AND ($3 OR j.kind = 'query' OR j.lease_until IS NOT NULL)
ORDER BY j.run_at
LIMIT $2
