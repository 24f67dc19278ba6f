-- I1: per currency, what the accounts were debited equals what they were credited.
SELECT currency, sum(debits)::text AS debits, sum(credits)::text AS credits
FROM accounts GROUP BY currency HAVING sum(debits) <> sum(credits) ORDER BY currency
