UPDATE approvals SET state = $2, decided_by = $3, decided_person = $4, decided_reason = $5, decided_at = $6
WHERE id = $1 AND state = 'pending'
