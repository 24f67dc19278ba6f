-- A conversion whose money went to another country than was declared has a further record, which replaces what was declared before;
-- as many as its payee was changed.
ALTER TABLE declarations
    DROP CONSTRAINT declarations_event_check,
    ADD CONSTRAINT declarations_event_check CHECK (event IN ('conversion', 'undone', 'amended'));

DROP INDEX declarations_once;
CREATE UNIQUE INDEX declarations_once ON declarations (shard, withdrawal, event) WHERE event <> 'amended';
