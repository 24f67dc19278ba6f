-- Of each key that a gateway has ever started with, by what it is known again: an HMAC of a fixed text under it. Never changed: with
-- another index key a payment that came already is another payment, and what a lost key sealed is lost.
CREATE TABLE key_marks (
    name       text        NOT NULL COLLATE "C" PRIMARY KEY,
    mark       bytea       NOT NULL CHECK (octet_length(mark) = 32),
    first_used timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT, INSERT ON key_marks TO sluice_runtime;
