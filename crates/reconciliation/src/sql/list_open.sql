SELECT id, origin, bank, statement, position, account, booked_on, value_date, amount_minor, currency, direction, reversal, refs,
       state, outcome, entry_kind, entries, book_minor, explanation, explained_by, received_at, settled_at
FROM reconciliation_lines
WHERE state = 'open' AND (received_at, id) > ($1, $2)
  AND ($4::text IS NULL OR bank = $4) AND ($5::text IS NULL OR outcome = $5)
ORDER BY received_at, id
LIMIT $3
