SELECT r.id, r.base, r.quote, r.bank, r.bid, r.ask, r.as_of, r.received_at, r.event, r.state, r.decided_at
FROM rates r
WHERE r.id = ANY ($1::uuid[])
