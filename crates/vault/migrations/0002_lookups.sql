-- An event's detail counts its redeliveries and lists the refused reuses of its id.
CREATE INDEX bank_event_redeliveries_of ON bank_event_redeliveries (shard, id);
CREATE INDEX bank_event_conflicts_of ON bank_event_conflicts (shard, bank, event_id);
