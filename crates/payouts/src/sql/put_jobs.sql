-- Only under the lock of the payout, so nobody else writes the same row.
INSERT INTO payout_jobs (shard, payout, bank, merchant, kind, run_at, lease_until, token)
SELECT n.shard, n.payout, n.bank, n.merchant, n.kind, n.run_at, n.lease_until, n.token
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::timestamptz[],
            $8::uuid[]) AS n (shard, payout, bank, merchant, kind, run_at, lease_until, token)
ORDER BY n.shard, n.payout
ON CONFLICT (shard, payout) DO UPDATE
SET kind = excluded.kind, run_at = excluded.run_at, lease_until = excluded.lease_until, token = excluded.token
