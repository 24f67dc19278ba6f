-- Operators find an account by its number or by the end of it, each by a blind index. What is too short to have one of its end has
-- an empty one; a row from before has none until a gateway has made it, since the key is not here.
ALTER TABLE payees ADD COLUMN tail4_index bytea, ADD COLUMN tail8_index bytea,
    ADD CONSTRAINT payees_tails CHECK ((tail4_index IS NULL) = (tail8_index IS NULL));
CREATE INDEX payees_by_number ON payees (number_index, id);
CREATE INDEX payees_by_tail4 ON payees (tail4_index, id) WHERE tail4_index <> '';
CREATE INDEX payees_by_tail8 ON payees (tail8_index, id) WHERE tail8_index <> '';
CREATE INDEX payees_without_tails ON payees (id) WHERE tail4_index IS NULL;

ALTER TABLE receiving_accounts ADD COLUMN tail4_index bytea, ADD COLUMN tail8_index bytea,
    ADD CONSTRAINT receiving_accounts_tails CHECK ((tail4_index IS NULL) = (tail8_index IS NULL));
CREATE INDEX receiving_accounts_by_number ON receiving_accounts (number_index, id);
CREATE INDEX receiving_accounts_by_tail4 ON receiving_accounts (tail4_index, id) WHERE tail4_index <> '';
CREATE INDEX receiving_accounts_by_tail8 ON receiving_accounts (tail8_index, id) WHERE tail8_index <> '';
CREATE INDEX receiving_accounts_without_tails ON receiving_accounts (id) WHERE tail4_index IS NULL;

GRANT UPDATE (tail4_index, tail8_index) ON payees, receiving_accounts TO sluice_runtime;
