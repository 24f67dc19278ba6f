SELECT reason, currency, count(*) AS payments, sum(amount_minor)::bigint AS amount_minor, min(received_at) AS oldest
FROM payments
WHERE status = 'in_review'
GROUP BY reason, currency
ORDER BY reason, currency
