-- I2: the database's own CHECKs, asserted a second way.
SELECT shard, id, kind, debits::text AS debits, credits::text AS credits FROM accounts
WHERE (floor = 'credit' AND credits < debits) OR (floor = 'debit' AND debits < credits)
ORDER BY shard, id
LIMIT 100
