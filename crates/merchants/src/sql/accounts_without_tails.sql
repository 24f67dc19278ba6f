-- Those that somebody else is just seeing to are left to him.
SELECT w.id, w.number_sealed FROM receiving_accounts w
WHERE w.tail_index IS NULL AND w.id > $1
ORDER BY w.id LIMIT $2
FOR NO KEY UPDATE SKIP LOCKED
