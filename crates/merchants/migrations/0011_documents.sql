-- R39, R40: how merchants come in, and the documents that show who they are. Of a merchant from before, neither origin nor
-- mobile number is known, and there is nothing to review.
ALTER TABLE merchants
    ADD COLUMN origin        text        COLLATE "C" CHECK (origin IN ('mainland', 'hong_kong', 'other')),
    ADD COLUMN mobile_sealed bytea,
    ADD COLUMN mobile_index  bytea,
    ADD COLUMN review_due_at timestamptz,
    ADD CONSTRAINT merchants_mobile CHECK ((mobile_sealed IS NULL) = (mobile_index IS NULL));

-- What one living merchant alone may have, by blind index: its e-mail address, its mobile number, and a number that its
-- authority gives to nobody else.
CREATE TABLE merchant_marks (
    kind       text  NOT NULL COLLATE "C" CHECK (kind IN ('email', 'mobile', 'document')),
    mark_index bytea NOT NULL,
    merchant   uuid  NOT NULL,
    PRIMARY KEY (kind, mark_index)
);
CREATE INDEX merchant_marks_of ON merchant_marks (merchant);
INSERT INTO merchant_marks (kind, mark_index, merchant)
SELECT DISTINCT ON (email_index) 'email', email_index, id FROM merchants WHERE state <> 'closed' ORDER BY email_index, id;

-- A renewed document stays, as replaced: of each kind a merchant has one in effect.
CREATE TABLE merchant_documents (
    shard         smallint    NOT NULL,
    id            uuid        NOT NULL,
    merchant      uuid        NOT NULL,
    kind          text        NOT NULL COLLATE "C",
    number_sealed bytea       NOT NULL,
    number_index  bytea       NOT NULL,
    -- Its last day; none where it doesn't expire.
    expires_on    date,
    added_at      timestamptz NOT NULL,
    -- When the merchant was told that it expires soon (R40).
    told_at       timestamptz,
    -- When it was seen that it has expired.
    lapsed_at     timestamptz,
    replaced_at   timestamptz,
    PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX merchant_documents_in_effect ON merchant_documents (shard, merchant, kind) WHERE replaced_at IS NULL;
CREATE INDEX merchant_documents_of ON merchant_documents (shard, merchant, id);
CREATE INDEX merchant_documents_to_tell ON merchant_documents (expires_on)
    WHERE replaced_at IS NULL AND told_at IS NULL AND lapsed_at IS NULL AND expires_on IS NOT NULL;
CREATE INDEX merchant_documents_to_lapse ON merchant_documents (expires_on)
    WHERE replaced_at IS NULL AND lapsed_at IS NULL AND expires_on IS NOT NULL;

GRANT SELECT, INSERT ON merchant_documents TO sluice_runtime;
GRANT UPDATE (told_at, lapsed_at, replaced_at) ON merchant_documents TO sluice_runtime;
GRANT SELECT, INSERT, DELETE ON merchant_marks TO sluice_runtime;
GRANT UPDATE (merchant) ON merchant_marks TO sluice_runtime;
