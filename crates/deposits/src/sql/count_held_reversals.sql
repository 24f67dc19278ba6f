-- What waits counts once it has waited for longer than $3.
SELECT count(*) FILTER (WHERE state = $1) AS held, count(*) FILTER (WHERE state = $2) AS overdue, min(received_at) AS oldest
FROM reversals
WHERE state = $1 OR (state = $2 AND received_at < now() - make_interval(secs => $3))
