-- Approvals are as many as people asked for, so all of an action are looked at.
SELECT id, action, subject, request, shown, requested_by, requested_person, reason, created_at, expires_at,
       CASE WHEN state = 'pending' AND expires_at <= clock_timestamp() THEN 'expired' ELSE state END AS state,
       decided_by, decided_person, decided_reason, decided_at
FROM approvals
WHERE action = $1 AND strpos(request, $2) > 0
ORDER BY created_at
LIMIT 1
