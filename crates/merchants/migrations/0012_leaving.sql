-- R41: users are made, frozen and deleted while everything runs; each merchant's are listed by age.
CREATE INDEX users_by_merchant ON users (shard, merchant, id);

-- R38: since when a merchant is closed, and since when its personal data is gone. Both are for ever; the second is written by the
-- user of database.url alone, as is what goes with it.
ALTER TABLE merchants
    ADD COLUMN closed_at     timestamptz,
    ADD COLUMN anonymised_at timestamptz,
    ADD CONSTRAINT merchants_closed CHECK (closed_at IS NULL OR state = 'closed'),
    ADD CONSTRAINT merchants_anonymised CHECK (anonymised_at IS NULL OR closed_at IS NOT NULL);
CREATE INDEX merchants_to_anonymise ON merchants (closed_at) WHERE closed_at IS NOT NULL AND anonymised_at IS NULL;
-- Also the payees that a merchant removed are made anonymous.
CREATE INDEX payees_of_merchant ON payees (shard, merchant, id);

GRANT UPDATE (closed_at) ON merchants TO sluice_runtime;
