SELECT r.id, r.base, r.quote, r.bank, r.bid, r.ask, r.as_of, r.received_at, r.event, r.state, r.decided_at
FROM rates r
WHERE r.base = $1 AND r.quote = $2 AND r.received_at >= $3 AND r.received_at < $4
  AND ($5::uuid IS NULL
       OR (r.received_at, r.id) < (SELECT b.received_at, b.id FROM rates b WHERE b.id = $5))
ORDER BY r.received_at DESC, r.id DESC
LIMIT $6
