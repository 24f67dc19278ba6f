SELECT DISTINCT payment FROM payouts
WHERE status = 'disputed' AND payment IS NOT NULL AND payment > $1::uuid
ORDER BY payment
LIMIT $2
