SELECT e.at, e.source, e.text FROM payout_evidence e WHERE e.shard = $1 AND e.payout = $2 ORDER BY e.id
