-- Until when an operator may change something: its last arming, which another one or a disarming ends. What was before is
-- in the trail. A row for each operator, and none is ever in the way of a batch.
CREATE TABLE armings (
    operator    text        NOT NULL COLLATE "C" PRIMARY KEY,
    -- The person behind it when it armed: an id that is somebody else's by now is not armed.
    person      text        NOT NULL,
    reason      text        NOT NULL CHECK (reason <> ''),
    armed_at    timestamptz NOT NULL,
    armed_until timestamptz NOT NULL,
    CONSTRAINT armings_hour CHECK (armed_until <= armed_at + interval '60 minutes')
);

GRANT SELECT, INSERT ON armings TO sluice_runtime;
GRANT UPDATE (person, reason, armed_at, armed_until) ON armings TO sluice_runtime;
