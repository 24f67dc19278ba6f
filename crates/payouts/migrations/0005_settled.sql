-- When a payout became paid or, later, returned. A column of its own, since updated_at moves with whatever a bank says
-- again; and one that changes only where the status does, since it has an index (see payout_references).
ALTER TABLE payouts ADD COLUMN settled_at timestamptz;

-- What was settled before this, as far as is known, and only where it was not soon after it was made.
UPDATE payouts SET settled_at = updated_at
WHERE status = 'returned' OR (status = 'paid' AND updated_at - created_at > interval '3 days');

-- What was settled late, or came back late, is found by the time of that. All else is found by the time at which it was
-- made, and has no entry here.
CREATE INDEX payouts_settled_late ON payouts (settled_at, id) WHERE settled_at - created_at > interval '3 days';

GRANT UPDATE (settled_at) ON payouts TO sluice_runtime;
