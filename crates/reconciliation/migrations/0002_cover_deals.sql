-- Cover deals move money on the institution's own accounts: their two sides are entries of the book as well.
ALTER TABLE reconciliation_lines
    DROP CONSTRAINT reconciliation_lines_entry_kind_check,
    ADD CONSTRAINT reconciliation_lines_entry_kind_check CHECK (entry_kind IN
        ('payment', 'reversal', 'payout', 'payout_return', 'cover_sold', 'cover_bought'));
