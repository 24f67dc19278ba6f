-- One statement as a bank sent it. `digest` is over everything that it says, so the same one twice is one row.
CREATE TABLE bank_statements (
    shard         smallint    NOT NULL,
    id            uuid        NOT NULL,
    bank          text        NOT NULL COLLATE "C",
    account       bytea       NOT NULL CHECK (octet_length(account) = 32),
    covers        text        NOT NULL COLLATE "C" CHECK (covers IN ('own_account', 'receiving_account')),
    number        text        NOT NULL COLLATE "C",
    currency      text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    from_date     date,
    to_date       date,
    opening_minor bigint,
    closing_minor bigint,
    difference    numeric,
    lines         integer     NOT NULL CHECK (lines >= 0),
    digest        bytea       NOT NULL CHECK (octet_length(digest) = 32),
    event         uuid        NOT NULL,
    received_at   timestamptz NOT NULL,
    checked_at    timestamptz,
    PRIMARY KEY (shard, id),
    CONSTRAINT bank_statements_period CHECK ((from_date IS NULL) = (to_date IS NULL) AND from_date <= to_date)
);

CREATE UNIQUE INDEX bank_statements_once ON bank_statements (shard, digest);
CREATE INDEX bank_statements_newest ON bank_statements (received_at DESC, id DESC);

CREATE INDEX bank_statements_unbalanced ON bank_statements (bank) WHERE difference <> 0;

-- What the book has and the bank lacks is looked for once for each statement.
CREATE INDEX bank_statements_unchecked ON bank_statements (received_at, id) WHERE checked_at IS NULL;

-- Since when, and until when, a bank has told us of an account.
CREATE INDEX bank_statements_of ON bank_statements (bank, currency, account, from_date, to_date);

-- What has to be matched: a line of a statement (origin 'bank'), or something in the book that the bank's statements lack
-- (origin 'book'; its one entry is in `entries`). `digest` is over the statement's name and the line, or over the entry.
CREATE TABLE reconciliation_lines (
    shard        smallint    NOT NULL,
    id           uuid        NOT NULL,
    origin       text        NOT NULL COLLATE "C" CHECK (origin IN ('bank', 'book')),
    bank         text        NOT NULL COLLATE "C",
    statement    uuid,
    position     integer     NOT NULL,
    account      bytea       CHECK (octet_length(account) = 32),
    booked_on    date,
    value_date   date,
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    direction    text        NOT NULL COLLATE "C" CHECK (direction IN ('credit', 'debit')),
    reversal     boolean     NOT NULL,
    refs         text[]      NOT NULL,
    digest       bytea       NOT NULL CHECK (octet_length(digest) = 32),
    state        text        NOT NULL COLLATE "C" CHECK (state IN ('open', 'matched', 'explained')),
    outcome      text        NOT NULL COLLATE "C" CHECK (outcome IN
                             ('new', 'matched', 'amount_differs', 'unknown', 'duplicate', 'missing_at_bank')),
    entry_kind   text        COLLATE "C" CHECK (entry_kind IN ('payment', 'reversal', 'payout', 'payout_return')),
    entries      uuid[]      NOT NULL DEFAULT '{}',
    book_minor   bigint,
    explanation  text,
    explained_by text,
    received_at  timestamptz NOT NULL,
    look_at      timestamptz NOT NULL,
    settled_at   timestamptz,
    PRIMARY KEY (shard, id),
    CONSTRAINT reconciliation_lines_settled CHECK ((state = 'open') = (settled_at IS NULL)),
    CONSTRAINT reconciliation_lines_matched CHECK ((state = 'matched') <= (outcome = 'matched')),
    CONSTRAINT reconciliation_lines_explained CHECK ((state = 'explained') = (explanation IS NOT NULL))
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX reconciliation_lines_once ON reconciliation_lines (shard, digest);
CREATE INDEX reconciliation_lines_open ON reconciliation_lines (received_at, id) WHERE state = 'open';
CREATE INDEX reconciliation_lines_due ON reconciliation_lines (look_at, id) WHERE state = 'open';
CREATE INDEX reconciliation_lines_explained ON reconciliation_lines (received_at, id) WHERE state = 'explained';
CREATE INDEX reconciliation_lines_of ON reconciliation_lines (shard, statement, position);

-- Which of the book's entries a line has taken: each is matched once, whoever matches at the same time.
CREATE TABLE reconciled_entries (
    shard      smallint NOT NULL,
    kind       text     NOT NULL COLLATE "C",
    entry      uuid     NOT NULL,
    line_shard smallint NOT NULL,
    line       uuid     NOT NULL,
    PRIMARY KEY (shard, kind, entry)
);

GRANT SELECT, INSERT ON bank_statements, reconciliation_lines, reconciled_entries TO sluice_runtime;
GRANT UPDATE (checked_at) ON bank_statements TO sluice_runtime;
GRANT UPDATE (state, outcome, entry_kind, entries, book_minor, explanation, explained_by, look_at, settled_at)
    ON reconciliation_lines TO sluice_runtime;
