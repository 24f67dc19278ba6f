SELECT id, action, subject, request, shown, requested_by, requested_person, reason, created_at, expires_at, state,
       decided_by, decided_person, decided_reason, decided_at
FROM approvals WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
