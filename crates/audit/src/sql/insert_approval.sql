INSERT INTO approvals (id, action, subject, request, shown, requested_by, requested_person, reason, created_at, expires_at,
                       state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending')
