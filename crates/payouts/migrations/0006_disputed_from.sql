-- Where a payout stood when it became disputed, as long as it is: whether it had been posted as paid then says what is left to book
-- once people know what is true (R29). Not known of those that are disputed already.
ALTER TABLE payouts
    ADD COLUMN disputed_from text COLLATE "C" CHECK (disputed_from IN ('queued', 'held', 'failed', 'returned')),
    ADD CONSTRAINT payouts_disputed CHECK (disputed_from IS NULL OR status = 'disputed');

GRANT UPDATE (disputed_from) ON payouts TO sluice_runtime;
