INSERT INTO amount_freezes (shard, id, merchant, currency, amount_minor, reason, legal_reference, until, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
