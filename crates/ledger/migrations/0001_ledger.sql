-- The book. Counters live on the account's row; a balance is their difference, and `floor` names the side
-- that must never be the smaller one (a merchant's balance, money in suspense, money on its way to a payee).
CREATE TABLE accounts (
    shard      smallint    NOT NULL,
    id         uuid        NOT NULL,
    kind       text        NOT NULL COLLATE "C",
    owner      text        NOT NULL COLLATE "C",
    currency   text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    floor      text        NOT NULL COLLATE "C" CHECK (floor IN ('credit', 'debit', 'none')),
    debits     bigint      NOT NULL DEFAULT 0 CHECK (debits >= 0),
    credits    bigint      NOT NULL DEFAULT 0 CHECK (credits >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, id),
    CONSTRAINT accounts_credit_floor CHECK (floor <> 'credit' OR credits >= debits),
    CONSTRAINT accounts_debit_floor CHECK (floor <> 'debit' OR debits >= credits)
) WITH (fillfactor = 50);

-- One row moves one amount from one account to another: balanced by construction. The key is the commit
-- order inside the shard's chain: (seq, position) names the seal and the place in it.
CREATE TABLE transfers (
    shard          smallint    NOT NULL,
    seq            bigint      NOT NULL,
    position       integer     NOT NULL,
    debit_account  uuid        NOT NULL,
    credit_account uuid        NOT NULL,
    amount         bigint      NOT NULL CHECK (amount > 0),
    currency       text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    kind           text        NOT NULL COLLATE "C",
    cause          uuid        NOT NULL,
    owner          uuid,
    posted_at      timestamptz NOT NULL,
    PRIMARY KEY (shard, seq, position),
    CHECK (debit_account <> credit_account)
);

-- A merchant's statement; transfers that touch no merchant's account are not in it.
CREATE INDEX transfers_by_owner ON transfers (shard, owner, seq, position) WHERE owner IS NOT NULL;

-- One row for each committed batch and chain: what it held (Merkle root) and what came before it (hash).
CREATE TABLE seals (
    chain     smallint    NOT NULL,
    seq       bigint      NOT NULL CHECK (seq > 0),
    count     integer     NOT NULL CHECK (count > 0),
    root      bytea       NOT NULL CHECK (octet_length(root) = 32),
    hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (chain, seq)
);

CREATE TABLE chain_heads (
    chain smallint NOT NULL PRIMARY KEY,
    seq   bigint   NOT NULL,
    hash  bytea    NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);

-- Chosen once, at bootstrap: every key and every chain depends on these numbers.
CREATE TABLE ledger_layout (
    only_row boolean  NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
    shards   smallint NOT NULL CHECK (shards BETWEEN 1 AND 256),
    chains   smallint NOT NULL CHECK (chains BETWEEN 1 AND 64)
);

GRANT SELECT, INSERT ON accounts, transfers, seals TO sluice_runtime;
GRANT UPDATE (debits, credits) ON accounts TO sluice_runtime;
GRANT SELECT ON chain_heads, ledger_layout TO sluice_runtime;
GRANT UPDATE (seq, hash) ON chain_heads TO sluice_runtime;
