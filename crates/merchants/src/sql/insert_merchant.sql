INSERT INTO merchants (shard, id, kind, state, name_sealed, name_index, email_sealed, email_index, fully_verified_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now()) ON CONFLICT DO NOTHING
