-- Returns of payments whose outcome a bank contradicted: they name no merchant, so whoever asks what is still open of one (R38) reads
-- all of them. Few, until people have booked what is true.
CREATE INDEX payouts_disputed_returns ON payouts (payment) WHERE status = 'disputed' AND payment IS NOT NULL;
