INSERT INTO merchant_freezes (shard, id, merchant, reason, legal_reference, until, since, lifted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
