-- Every freeze of a merchant (R32): several authorities, and the institution, may each have it stopped. It is frozen until the last of
-- them ends. On the merchant's own row stands the one that ends last, for the lists.
CREATE TABLE merchant_freezes (
    shard           smallint    NOT NULL,
    id              uuid        NOT NULL,
    merchant        uuid        NOT NULL,
    reason          text        NOT NULL,
    legal_reference text,
    until           timestamptz,
    since           timestamptz NOT NULL,
    lifted_at       timestamptz,
    PRIMARY KEY (shard, id)
);
CREATE INDEX merchant_freezes_of ON merchant_freezes (shard, merchant) WHERE lifted_at IS NULL;
CREATE INDEX merchant_freezes_until ON merchant_freezes (until) WHERE lifted_at IS NULL AND until IS NOT NULL;

INSERT INTO merchant_freezes (shard, id, merchant, reason, legal_reference, until, since)
SELECT m.shard, gen_random_uuid(), m.id, coalesce(m.frozen_reason, ''), m.frozen_legal_reference, m.frozen_until, m.updated_at
FROM merchants m WHERE m.state = 'frozen';

-- What is over is looked for among the freezes themselves.
DROP INDEX merchants_frozen_until;

GRANT SELECT, INSERT ON merchant_freezes TO sluice_runtime;
GRANT UPDATE (lifted_at) ON merchant_freezes TO sluice_runtime;
