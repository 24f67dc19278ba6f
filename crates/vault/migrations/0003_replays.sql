-- Replays of an event, numbered: who inserts a number has the event for itself until its transaction ends.
CREATE TABLE bank_event_replays (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    turn        integer     NOT NULL CHECK (turn > 0),
    replayed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shard, id, turn)
);

-- What a replay made of an event that nobody had understood before, for ever. The first answer stays beside it.
CREATE TABLE bank_event_later_answers (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    turn        integer     NOT NULL,
    verdict     text        NOT NULL COLLATE "C" CHECK (verdict IN ('accepted', 'ignored')),
    status      smallint    NOT NULL CHECK (status BETWEEN 200 AND 299),
    answer      bytea       NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (shard, id, turn)
);

GRANT SELECT, INSERT ON bank_event_replays, bank_event_later_answers TO sluice_runtime;
