-- One row for each key under which a payment was ever reported, for ever. The first report has the empty variant;
-- one that contradicts it names its currency and amount ('USD 1234'), so that it too is posted only once.
CREATE TABLE payment_keys (
    shard         smallint NOT NULL,
    bank          text     NOT NULL COLLATE "C",
    account_index bytea    NOT NULL CHECK (octet_length(account_index) = 32),
    reference     text     NOT NULL COLLATE "C",
    position      integer  NOT NULL CHECK (position >= 0),
    variant       text     NOT NULL COLLATE "C",
    payment       uuid     NOT NULL,
    amount_minor  bigint   NOT NULL CHECK (amount_minor > 0),
    currency      text     NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (shard, bank, account_index, reference, position, variant)
);

-- One incoming transfer of money, as a bank reported it. What names a person lies sealed in details_sealed.
CREATE TABLE payments (
    shard          smallint    NOT NULL,
    id             uuid        NOT NULL,
    bank           text        NOT NULL COLLATE "C",
    reference      text        NOT NULL COLLATE "C",
    position       integer     NOT NULL CHECK (position >= 0),
    account_index  bytea       NOT NULL CHECK (octet_length(account_index) = 32),
    account        uuid,
    merchant       uuid,
    merchant_shard smallint,
    amount_minor   bigint      NOT NULL CHECK (amount_minor > 0),
    currency       text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    status         text        NOT NULL COLLATE "C"
                               CHECK (status IN ('in_review', 'credited', 'returning', 'returned')),
    reason         text        COLLATE "C",
    conflict       boolean     NOT NULL,
    reversed_minor bigint      NOT NULL DEFAULT 0,
    details_sealed bytea       NOT NULL,
    uetr           uuid,
    value_date     date,
    event          uuid        NOT NULL,
    received_at    timestamptz NOT NULL,
    decided_at     timestamptz,
    PRIMARY KEY (shard, id),
    CONSTRAINT payments_merchant CHECK ((merchant IS NULL) = (merchant_shard IS NULL)),
    CONSTRAINT payments_credited_to CHECK (status <> 'credited' OR merchant IS NOT NULL),
    CONSTRAINT payments_reviewed_why CHECK (status = 'credited' OR reason IS NOT NULL),
    CONSTRAINT payments_reversed CHECK (reversed_minor BETWEEN 0 AND amount_minor)
) WITH (fillfactor = 90);

-- The operators' queues, oldest first. A payment credited at once is in none and costs the index nothing.
CREATE INDEX payments_queue ON payments (status, received_at, id) WHERE status <> 'credited';

-- What a merchant has in review.
CREATE INDEX payments_in_review_of ON payments (merchant, currency)
    WHERE status = 'in_review' AND merchant IS NOT NULL;

GRANT SELECT, INSERT ON payment_keys, payments TO sluice_runtime;
GRANT UPDATE (account, merchant, merchant_shard, status, reason, reversed_minor, decided_at) ON payments TO sluice_runtime;
