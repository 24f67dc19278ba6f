INSERT INTO merchants (shard, id, kind, state, name_sealed, name_index, email_sealed, email_index)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
