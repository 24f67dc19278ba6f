-- I1: per currency, what the accounts were debited equals what they were credited; money and evidence apart.
SELECT currency, sum(debits)::text AS debits, sum(credits)::text AS credits,
       kind IN ('evidence', 'evidence_source') AS evidence
FROM accounts GROUP BY currency, evidence HAVING sum(debits) <> sum(credits) ORDER BY currency, evidence
