SELECT * FROM (
SELECT id, action, subject, request, shown, requested_by, requested_person, reason, created_at, expires_at,
       CASE WHEN state = 'pending' AND expires_at <= clock_timestamp() THEN 'expired' ELSE state END AS state,
       decided_by, decided_person, decided_reason, decided_at
FROM approvals
) AS a
WHERE ($1::text IS NULL OR a.state = $1) AND ($2::uuid IS NULL OR a.id < $2)
ORDER BY a.id DESC LIMIT $3
