-- Numeric, as in suspense_summary.sql.
SELECT currency, sum(amount_minor - reversed_minor) AS amount_minor
FROM payments
WHERE status = 'in_review' AND merchant = $1
GROUP BY currency
ORDER BY currency
