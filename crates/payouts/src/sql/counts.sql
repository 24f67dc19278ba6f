-- What is not over: bounded by what is in flight, however many payouts there ever were.
SELECT p.bank, p.status, count(*) AS payouts, count(*) FILTER (WHERE p.needs_operator) AS for_operators,
       min(p.created_at) AS oldest
FROM payouts p
WHERE p.status IN ('queued', 'held', 'sent', 'unknown', 'disputed')
GROUP BY p.bank, p.status
ORDER BY p.bank, p.status
