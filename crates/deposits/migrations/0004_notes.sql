-- What operators wrote down about a payment: added, never changed. It may name persons, so it lies sealed.
CREATE TABLE payment_notes (
    shard       smallint    NOT NULL,
    payment     uuid        NOT NULL,
    id          uuid        NOT NULL,
    author      text        NOT NULL,
    text_sealed bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (shard, payment, id)
);

GRANT SELECT, INSERT ON payment_notes TO sluice_runtime;
