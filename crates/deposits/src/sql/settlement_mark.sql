-- Backward only: what was looked through is looked through again for the new one.
INSERT INTO settlement_marks AS m (shard, merchant, seq, position)
VALUES ($1, $2, $3, $4)
ON CONFLICT (shard, merchant) DO UPDATE SET seq = excluded.seq, position = excluded.position
WHERE (m.seq, m.position) > (excluded.seq, excluded.position)
