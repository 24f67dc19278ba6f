-- When a payout became paid or, later, returned. A column of its own, since updated_at moves with whatever a bank says
-- again (so it can't be taken for those that were settled before this); and one that changes only where the status does, since
-- it has an index (see payout_references).
ALTER TABLE payouts ADD COLUMN settled_at timestamptz;

-- What was settled late, or came back late, is found by the time of that. All else is found by the time at which it was
-- made, and has no entry here.
CREATE INDEX payouts_settled_late ON payouts (settled_at, id) WHERE settled_at - created_at > interval '3 days';

GRANT UPDATE (settled_at) ON payouts TO sluice_runtime;

-- Nobody knows of these for what a person was called, silence or anything else: the call stays until the result, and nothing is
-- sent again by itself until then.
UPDATE payouts SET queries = 0 WHERE status IN ('sent', 'unknown') AND needs_operator AND queries > 0;
-- And the end of a freeze lets none go that its bank had contradicted.
UPDATE payouts SET held_by = 'operator' WHERE status = 'held' AND held_by = 'freeze' AND needs_operator;
