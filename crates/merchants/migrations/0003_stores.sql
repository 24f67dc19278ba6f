-- Merchants enter stores and accounts themselves.
-- A shop at one site is one store, however often it is entered.
CREATE UNIQUE INDEX stores_once ON stores (shard, merchant, platform, site, lower(name));
CREATE INDEX stores_by_merchant ON stores (shard, merchant, id);

-- Every authorisation that was given or withdrawn (valid_until none), for ever: matching reads stores.authorised_until.
CREATE TABLE store_authorisations (
    shard       smallint    NOT NULL,
    store       uuid        NOT NULL,
    given_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    valid_until timestamptz,
    given_by    uuid        NOT NULL
);
CREATE INDEX store_authorisations_of ON store_authorisations (shard, store, given_at);

-- When a store was linked last; taken FOR UPDATE by whoever links one, so that two links see each other (R11, R12).
ALTER TABLE receiving_accounts ADD COLUMN linked_at timestamptz;

-- What was allotted of each range of account numbers: a number is never given twice.
CREATE TABLE number_ranges (
    bank         text   NOT NULL COLLATE "C",
    currency     text   NOT NULL COLLATE "C",
    first_number text   NOT NULL COLLATE "C",
    next_number  bigint NOT NULL,
    PRIMARY KEY (bank, currency, first_number)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT ON store_authorisations, number_ranges TO sluice_runtime;
GRANT UPDATE (linked_at) ON receiving_accounts TO sluice_runtime;
GRANT UPDATE (next_number) ON number_ranges TO sluice_runtime;
