SELECT a.* FROM (
    SELECT id, action, subject, request, shown, requested_by, requested_person, reason, created_at, expires_at,
           CASE WHEN state = 'pending' AND expires_at <= clock_timestamp() THEN 'expired' ELSE state END AS state,
           decided_by, decided_person, decided_reason, decided_at
    FROM approvals
) AS a
WHERE ($1::text IS NULL OR a.state = $1) AND ($4::text IS NULL OR a.action = $4) AND ($5::text IS NULL OR a.subject = $5)
  AND ($6::text IS NULL OR a.requested_by = $6) AND CASE WHEN $2::boolean THEN a.id > $3::uuid ELSE a.id < $3::uuid END
ORDER BY CASE WHEN $2 THEN a.id END, a.id DESC
LIMIT $7
