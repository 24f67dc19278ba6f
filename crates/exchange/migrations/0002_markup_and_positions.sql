-- What the institution keeps of an exchange besides the fee, both in the bought currency.
ALTER TABLE quotes
    ADD COLUMN spread_minor  bigint NOT NULL DEFAULT 0 CHECK (spread_minor >= 0),
    ADD COLUMN premium_minor bigint NOT NULL DEFAULT 0 CHECK (premium_minor >= 0),
    DROP CONSTRAINT quotes_state_check,
    ADD CONSTRAINT quotes_state CHECK (state IN ('open', 'used', 'expired'));

-- The locks that can still be used: what they add up to is the exposure.
CREATE INDEX quotes_open ON quotes (expires_at) WHERE state = 'open';

-- The exchange position by pair: what merchants sold and bought in it since it was last covered, less what was undone.
-- Either sign: a deal may cover more than there is. Summed over shards; the accounts of the ledger say the same by
-- currency.
CREATE TABLE pair_positions (
    shard           smallint NOT NULL,
    sold_currency   text     NOT NULL COLLATE "C",
    bought_currency text     NOT NULL COLLATE "C",
    sold_minor      bigint   NOT NULL,
    bought_minor    bigint   NOT NULL,
    PRIMARY KEY (shard, sold_currency, bought_currency),
    CHECK (sold_currency <> bought_currency)
) WITH (fillfactor = 50);

-- Deals with banks that settle positions. A bank's reference is booked once.
CREATE TABLE cover_deals (
    shard           smallint    NOT NULL,
    id              uuid        NOT NULL,
    bank            text        NOT NULL COLLATE "C",
    bank_reference  text        NOT NULL COLLATE "C",
    sold_currency   text        NOT NULL COLLATE "C",
    sold_minor      bigint      NOT NULL CHECK (sold_minor > 0),
    bought_currency text        NOT NULL COLLATE "C",
    bought_minor    bigint      NOT NULL CHECK (bought_minor > 0),
    booked_at       timestamptz NOT NULL,
    PRIMARY KEY (shard, id),
    CHECK (sold_currency <> bought_currency)
);
CREATE INDEX cover_deals_by_time ON cover_deals (id);
CREATE TABLE cover_references (
    bank           text NOT NULL COLLATE "C",
    bank_reference text NOT NULL COLLATE "C",
    deal           uuid NOT NULL,
    PRIMARY KEY (bank, bank_reference)
);

GRANT SELECT, INSERT ON pair_positions, cover_deals TO sluice_runtime;
GRANT UPDATE (sold_minor, bought_minor) ON pair_positions TO sluice_runtime;
-- DELETE is for references of this very transaction whose deal was refused.
GRANT SELECT, INSERT, DELETE ON cover_references TO sluice_runtime;
