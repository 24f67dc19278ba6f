-- Those that another gateway is looking at are left to it.
SELECT l.id, l.origin, l.bank, l.statement, l.position, l.account, l.booked_on, l.value_date, l.amount_minor,
       l.currency, l.direction, l.reversal, l.refs, l.state, l.outcome, l.entry_kind, l.entries, l.book_minor,
       l.explanation, l.explained_by, l.received_at, l.settled_at
FROM reconciliation_lines l
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON l.shard = wanted.shard AND l.id = wanted.id
WHERE l.state = 'open'
ORDER BY l.shard, l.id
FOR NO KEY UPDATE OF l SKIP LOCKED
