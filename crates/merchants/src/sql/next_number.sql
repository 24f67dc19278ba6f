UPDATE number_ranges SET next_number = next_number + 1
WHERE bank = $1 AND currency = $2 AND first_number = $3 AND next_number <= $4
RETURNING next_number - 1 AS number
