-- So many ($3) of the range of ids, whenever they were booked.
SELECT id, bank, reference, account_index, amount_minor, currency, received_at
FROM payments
WHERE id > $1 AND id < $2
ORDER BY id
LIMIT $3
