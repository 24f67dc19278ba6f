-- What a line that doesn't agree is about is not missing. What came back of a payout has the payout's id.
SELECT entry_kind, unnest(entries) AS entry FROM reconciliation_lines
WHERE state = 'open' AND origin = 'bank' AND entries && $1::uuid[]
UNION ALL
SELECT entry_kind, unnest(entries) FROM reconciliation_lines
WHERE state = 'explained' AND origin = 'bank' AND entries && $1::uuid[]
