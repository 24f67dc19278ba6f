-- Of the batches of these moments what they posted in these shards for these causes.
SELECT t.shard, t.seq, t.position, t.debit_account, t.credit_account, t.amount, t.currency, t.kind, t.cause, t.posted_at
FROM unnest($1::smallint[], $2::smallint[]) AS wanted (shard, chain)
CROSS JOIN unnest($3::timestamptz[]) AS moments (at)
JOIN seals s ON s.chain = wanted.chain AND s.sealed_at = moments.at
JOIN transfers t ON t.shard = wanted.shard AND t.seq = s.seq
WHERE t.cause = ANY ($4::uuid[])
ORDER BY t.posted_at, t.shard, t.seq, t.position
LIMIT $5
