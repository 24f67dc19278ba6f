-- What a line that doesn't agree is about is not missing.
SELECT unnest(entries) AS entry FROM reconciliation_lines
WHERE state = 'open' AND origin = 'bank' AND entries && $1::uuid[]
UNION ALL
SELECT unnest(entries) FROM reconciliation_lines
WHERE state = 'explained' AND origin = 'bank' AND entries && $1::uuid[]
