-- Events that were not accepted, and refused reuses of an id, newest first whatever shard they lie in. Both are few: an
-- accepted event is in neither.
CREATE INDEX bank_events_not_accepted ON bank_events (id) WHERE verdict <> 'accepted';
CREATE INDEX bank_event_conflicts_by_age ON bank_event_conflicts (id);
