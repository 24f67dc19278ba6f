-- What stands until somebody decides: few rows, by the index of what is not paid.
SELECT w.status, count(*) AS withdrawals, min(w.updated_at) AS oldest
FROM withdrawals w
WHERE w.status IN ('payee_action_required', 'failed', 'returned') AND w.status <> 'paid'
GROUP BY w.status
ORDER BY w.status
