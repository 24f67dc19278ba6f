INSERT INTO verifications (made_by, result, broken, report, took_ms, seals, transfers, audit_entries)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
