-- The oldest statement whose own lines were all looked at; with it, since when the bank tells of the account.
SELECT s.shard, s.id, s.bank, s.account, s.covers, s.currency, s.from_date, s.to_date,
       (SELECT min(f.from_date) FROM bank_statements f
        WHERE f.bank = s.bank AND f.currency = s.currency AND f.account = s.account) AS first_date
FROM bank_statements s
WHERE s.checked_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM reconciliation_lines l WHERE l.shard = s.shard AND l.statement = s.id AND l.outcome = 'new'
)
ORDER BY s.received_at, s.id
LIMIT 1
