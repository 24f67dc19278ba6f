-- What became of each published rate (R16). What it says stays as it came.
ALTER TABLE rates
    ADD COLUMN id         uuid,
    ADD COLUMN state      text COLLATE "C" CHECK (state IN ('accepted', 'outdated', 'held', 'rejected', 'superseded')),
    ADD COLUMN decided_at timestamptz;

-- Rows from before: ids of the time at which they came; a bank's newest of a pair counted.
UPDATE rates r
SET id = (left(b.millis, 8) || '-' || right(b.millis, 4) || '-7' || substr(b.random, 16))::uuid,
    state = CASE WHEN r.as_of <= b.known THEN 'outdated' ELSE 'accepted' END
FROM (SELECT ctid AS place, gen_random_uuid()::text AS random,
             lpad(to_hex((extract(epoch FROM received_at) * 1000)::bigint), 12, '0') AS millis,
             max(as_of) OVER (PARTITION BY base, quote, bank ORDER BY received_at, as_of
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS known
      FROM rates) b
WHERE r.ctid = b.place;

ALTER TABLE rates
    ALTER COLUMN id SET NOT NULL,
    ALTER COLUMN state SET NOT NULL,
    ADD PRIMARY KEY (id),
    ADD CONSTRAINT rates_decided CHECK (decided_at IS NULL OR state IN ('accepted', 'rejected', 'superseded'));
DROP INDEX rates_history;
-- What was the rate at that moment, and what came from when to when.
CREATE INDEX rates_of_source ON rates (base, quote, bank, as_of) WHERE state <> 'outdated';
CREATE INDEX rates_as_received ON rates (base, quote, received_at, id);

-- One row for each bank and pair: its last accepted rate, and the newest that it published. Whoever decides about a
-- bank's rates of a pair holds this row. It is there, empty, a moment before the first rate is.
ALTER TABLE current_rates
    DROP CONSTRAINT current_rates_pkey,
    ALTER COLUMN as_of DROP NOT NULL,
    ALTER COLUMN bid DROP NOT NULL,
    ALTER COLUMN ask DROP NOT NULL,
    ALTER COLUMN received_at DROP NOT NULL,
    ADD COLUMN rate uuid,
    ADD COLUMN newest_as_of timestamptz,
    -- The newest rate, where it is not believed: held, or rejected. The bank makes no price of this pair meanwhile.
    ADD COLUMN doubted uuid;
ALTER TABLE current_rates RENAME COLUMN received_at TO counts_since;
DELETE FROM current_rates;
INSERT INTO current_rates (base, quote, bank, rate, as_of, bid, ask, counts_since, newest_as_of)
SELECT DISTINCT ON (base, quote, bank) base, quote, bank, id, as_of, bid, ask, received_at, as_of
FROM rates WHERE state = 'accepted' ORDER BY base, quote, bank, as_of DESC;
ALTER TABLE current_rates
    ADD PRIMARY KEY (base, quote, bank),
    ADD CONSTRAINT current_rates_whole CHECK (num_nonnulls(rate, as_of, bid, ask, counts_since, newest_as_of) IN (0, 6));

GRANT UPDATE (state, decided_at) ON rates TO sluice_runtime;
