-- What counts against limits: the worth in US cents at the time of the order, none where no limit was configured.
ALTER TABLE withdrawals ADD COLUMN worth_usd_minor bigint CHECK (worth_usd_minor >= 0);

-- How much of a limit is used up (R30): per merchant, limit and day; lifetime limits count on one day for ever.
CREATE TABLE limit_usage (
    shard      smallint NOT NULL,
    merchant   uuid     NOT NULL,
    limit_name text     NOT NULL COLLATE "C",
    day        date     NOT NULL,
    used_minor bigint   NOT NULL CHECK (used_minor >= 0),
    PRIMARY KEY (shard, merchant, limit_name, day)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT ON limit_usage TO sluice_runtime;
GRANT UPDATE (used_minor) ON limit_usage TO sluice_runtime;
