INSERT INTO payment_notes (shard, payment, id, author, text_sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6)
