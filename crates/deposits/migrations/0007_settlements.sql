-- What a merchant has announced that a platform paid (R10), in the merchant's shard. Who waits for it reads the open ones alone; a payment
-- knows nothing of it, and costs nothing more.
CREATE TABLE settlements (
    shard          smallint    NOT NULL,
    id             uuid        NOT NULL,
    merchant       uuid        NOT NULL,
    account        uuid        NOT NULL,
    store          uuid,
    amount_minor   bigint      NOT NULL CHECK (amount_minor > 0),
    currency       text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    reference      text        NOT NULL COLLATE "C",
    paid_on        date        NOT NULL,
    -- The end of the fifth working day, as the calendar had it when it was announced.
    due_at         timestamptz NOT NULL,
    state          text        NOT NULL COLLATE "C"
                               CHECK (state IN ('announced', 'investigating', 'arrived', 'closed')),
    payment        uuid,
    asked_at       timestamptz,
    finding        text        COLLATE "C" CHECK (finding IN ('found', 'not_found')),
    finding_reason text,
    created_at     timestamptz NOT NULL,
    settled_at     timestamptz,
    PRIMARY KEY (shard, id),
    CONSTRAINT settlements_once UNIQUE (shard, merchant, account, reference),
    CONSTRAINT settlements_arrived CHECK ((state = 'arrived') = (payment IS NOT NULL)),
    CONSTRAINT settlements_closed CHECK ((state = 'closed') = (finding IS NOT NULL AND finding_reason IS NOT NULL)),
    CONSTRAINT settlements_settled CHECK ((state IN ('arrived', 'closed')) = (settled_at IS NOT NULL)),
    CONSTRAINT settlements_asked CHECK (state NOT IN ('investigating', 'closed') OR asked_at IS NOT NULL)
) WITH (fillfactor = 80);

CREATE INDEX settlements_of_merchant ON settlements (shard, merchant, id);
CREATE INDEX settlements_open ON settlements (shard, merchant, paid_on) WHERE state IN ('announced', 'investigating');
CREATE INDEX settlements_investigated ON settlements (asked_at, id) WHERE state = 'investigating';
-- Each payment answers one announcement.
CREATE UNIQUE INDEX settlements_by_payment ON settlements (shard, payment) WHERE payment IS NOT NULL;

-- Up to where the statement of a merchant who waits for settlements was looked through for them: one row for all of them, which is
-- written once for each page of the statement, and is gone when nothing is waited for.
CREATE TABLE settlement_marks (
    shard    smallint NOT NULL,
    merchant uuid     NOT NULL,
    seq      bigint   NOT NULL,
    position integer  NOT NULL,
    PRIMARY KEY (shard, merchant)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT ON settlements TO sluice_runtime;
GRANT UPDATE (state, payment, asked_at, finding, finding_reason, settled_at) ON settlements TO sluice_runtime;
GRANT SELECT, INSERT, UPDATE (seq, position), DELETE ON settlement_marks TO sluice_runtime;
