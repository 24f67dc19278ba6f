-- Of a number's end no more is known than its mask shows: four characters. What lies in the pages of the longer end until its rows
-- are written anew tells nothing without the key. A gateway from before can't enter payees and accounts any more.
DROP INDEX payees_by_tail8, receiving_accounts_by_tail8;
ALTER TABLE payees DROP CONSTRAINT payees_tails, DROP COLUMN tail8_index;
ALTER TABLE receiving_accounts DROP CONSTRAINT receiving_accounts_tails, DROP COLUMN tail8_index;

ALTER TABLE payees RENAME COLUMN tail4_index TO tail_index;
ALTER TABLE receiving_accounts RENAME COLUMN tail4_index TO tail_index;
ALTER INDEX payees_by_tail4 RENAME TO payees_by_tail;
ALTER INDEX receiving_accounts_by_tail4 RENAME TO receiving_accounts_by_tail;
ALTER INDEX payees_without_tails RENAME TO payees_without_tail;
ALTER INDEX receiving_accounts_without_tails RENAME TO receiving_accounts_without_tail;
