SELECT bank, outcome, count(*) AS lines, min(received_at) AS oldest FROM reconciliation_lines
WHERE state = 'open' GROUP BY bank, outcome ORDER BY bank, outcome
