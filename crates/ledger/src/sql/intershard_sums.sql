-- Money between shards is on its way inside one transaction only: the sums are zero in every snapshot.
SELECT currency, (sum(debits) - sum(credits))::text AS open FROM accounts
WHERE kind = 'intershard' GROUP BY currency HAVING sum(debits) <> sum(credits) ORDER BY currency
