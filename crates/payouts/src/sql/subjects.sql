-- Columns that never change: no lock is needed to know what must be locked before.
SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank
FROM payouts p
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON p.shard = wanted.shard AND p.id = wanted.id
