-- R21: by which scheme a payee's account is named, what looked wrong with it, and when its bank is asked about it next. Of
-- a payee from before, the scheme is not known.
ALTER TABLE payees
    ADD COLUMN scheme         text        COLLATE "C"
        CHECK (scheme IN ('iban', 'swift', 'aba', 'uk', 'zengin', 'hk', 'cnaps', 'card')),
    ADD COLUMN warnings       text[]      NOT NULL DEFAULT '{}',
    ADD COLUMN check_attempts smallint    NOT NULL DEFAULT 0,
    ADD COLUMN check_at       timestamptz,
    ADD CHECK (check_at IS NULL OR (state = 'pending' AND deleted_at IS NULL));
CREATE INDEX payees_pending ON payees (check_at) WHERE state = 'pending' AND deleted_at IS NULL;

GRANT UPDATE (check_attempts, check_at) ON payees TO sluice_runtime;
