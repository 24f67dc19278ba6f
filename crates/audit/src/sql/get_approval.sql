SELECT id, action, subject, request, shown, requested_by, requested_person, reason, created_at, expires_at,
       CASE WHEN state = 'pending' AND expires_at <= clock_timestamp() THEN 'expired' ELSE state END AS state,
       decided_by, decided_person, decided_reason, decided_at
FROM approvals WHERE id = $1
