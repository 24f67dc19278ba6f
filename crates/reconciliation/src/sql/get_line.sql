SELECT id, origin, bank, statement, position, account, booked_on, value_date, amount_minor, currency, direction, reversal, refs,
       state, outcome, entry_kind, entries, book_minor, explanation, explained_by, received_at, settled_at
FROM reconciliation_lines
WHERE shard = $1 AND id = $2
