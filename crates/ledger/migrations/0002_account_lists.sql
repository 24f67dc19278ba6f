-- What operators list: the institution's own accounts, and everything of a merchant or a store. Accounts are made
-- once and none of these columns changes, so posting pays nothing for them.
CREATE INDEX accounts_of_institution ON accounts (kind, shard, id) WHERE kind NOT IN ('merchant', 'receivable', 'evidence');
CREATE INDEX accounts_of_owner ON accounts (shard, owner, id) WHERE kind IN ('merchant', 'receivable', 'evidence');
