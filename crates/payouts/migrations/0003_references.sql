-- Every name that a bank ever gave a payout: when it took the order, with the result, with a return. A table of its own, since a
-- payout's row is updated again and again: an index on it would be entered anew with each change of status, and the update that
-- brings the first name (the status stays) would have to enter all the others.
CREATE TABLE payout_references (
    reference text     NOT NULL COLLATE "C",
    shard     smallint NOT NULL,
    payout    uuid     NOT NULL,
    PRIMARY KEY (reference, shard, payout)
);

INSERT INTO payout_references (reference, shard, payout)
SELECT p.bank_reference, p.shard, p.id FROM payouts p WHERE p.bank_reference IS NOT NULL;

GRANT SELECT, INSERT ON payout_references TO sluice_runtime;
