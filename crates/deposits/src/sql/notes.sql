SELECT id, author, text_sealed, created_at
FROM payment_notes
WHERE shard = $1 AND payment = $2
ORDER BY created_at, id
LIMIT $3
