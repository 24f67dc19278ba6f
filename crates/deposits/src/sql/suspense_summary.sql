-- What the bank took back of a payment in review is not in suspense any more. The sums stay numeric: banks may claim amounts whose
-- sum has more than 64 bits, and that must not take the whole summary away.
SELECT reason, currency, count(*) AS payments, sum(amount_minor - reversed_minor) AS amount_minor,
       min(received_at) AS oldest,
       count(*) FILTER (WHERE received_at < now() - interval '1 day') AS older_than_1_day,
       count(*) FILTER (WHERE received_at < now() - interval '5 days') AS older_than_5_days
FROM payments
WHERE status = 'in_review'
GROUP BY reason, currency
ORDER BY reason, currency
