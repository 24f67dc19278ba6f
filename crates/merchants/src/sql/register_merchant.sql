INSERT INTO merchants (shard, id, kind, origin, state, name_sealed, name_index, email_sealed, email_index, mobile_sealed,
                       mobile_index, review_due_at, fully_verified_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
