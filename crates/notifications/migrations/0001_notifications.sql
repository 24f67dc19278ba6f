-- What merchants are told, written in the transaction of what happened. Text and due time never change.
CREATE TABLE outbox (
    shard      smallint    NOT NULL,
    id         uuid        NOT NULL,
    merchant   uuid        NOT NULL,
    kind       text        NOT NULL COLLATE "C",
    event_type text        NOT NULL COLLATE "C",
    subject    text        NOT NULL COLLATE "C",
    -- JSON as it is sent: the same bytes each time.
    data       text        NOT NULL,
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    -- When its deliveries were written.
    routed_at  timestamptz,
    -- When the first channel had it (R9).
    told_at    timestamptz,
    PRIMARY KEY (shard, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX outbox_not_routed ON outbox (created_at) WHERE routed_at IS NULL;
CREATE INDEX outbox_not_told ON outbox (due_at) WHERE told_at IS NULL;

CREATE TABLE webhook_endpoints (
    shard         smallint    NOT NULL,
    id            uuid        NOT NULL,
    merchant      uuid        NOT NULL,
    url           text        NOT NULL,
    secret_sealed bytea       NOT NULL,
    state         text        NOT NULL COLLATE "C" CHECK (state IN ('active', 'disabled', 'deleted')),
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (shard, id)
);

CREATE INDEX webhook_endpoints_of_merchant ON webhook_endpoints (shard, merchant) WHERE state <> 'deleted';

-- One notice on its way by one channel. While claimed, next_at is the end of the lease.
CREATE TABLE deliveries (
    shard        smallint    NOT NULL,
    id           uuid        NOT NULL,
    notice       uuid        NOT NULL,
    merchant     uuid        NOT NULL,
    channel      text        NOT NULL COLLATE "C" CHECK (channel IN ('email', 'webhook')),
    -- The endpoint; the nil UUID for e-mail.
    destination  uuid        NOT NULL,
    state        text        NOT NULL COLLATE "C" CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts     integer     NOT NULL CHECK (attempts >= 0),
    replays      integer     NOT NULL DEFAULT 0 CHECK (replays >= 0),
    next_at      timestamptz NOT NULL,
    token        uuid,
    -- What the last attempt said, in our words, without personal data.
    last_answer  text,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (shard, id),
    CONSTRAINT deliveries_once UNIQUE (shard, notice, destination),
    CONSTRAINT deliveries_claim CHECK (token IS NULL OR state = 'pending'),
    CONSTRAINT deliveries_channel CHECK
        ((channel = 'email') = (destination = '00000000-0000-0000-0000-000000000000'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX deliveries_due ON deliveries (destination, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (updated_at, id) WHERE state = 'dead';

GRANT SELECT, INSERT ON outbox, webhook_endpoints, deliveries TO sluice_runtime;
GRANT UPDATE (routed_at, told_at) ON outbox TO sluice_runtime;
GRANT UPDATE (state, updated_at) ON webhook_endpoints TO sluice_runtime;
GRANT UPDATE (state, attempts, replays, next_at, token, last_answer, updated_at) ON deliveries TO sluice_runtime;
