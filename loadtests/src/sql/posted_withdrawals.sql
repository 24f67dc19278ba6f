-- The withdrawals of a run that are in the book, by the merchants' own references.
SELECT r.reference, w.id
FROM client_references r
JOIN withdrawals w ON w.shard = r.shard AND w.id = r.withdrawal
WHERE starts_with(r.reference, $1)
  AND EXISTS (SELECT FROM transfers t WHERE t.cause = w.id AND t.posted_at >= w.created_at - interval '1 minute')
