-- Ids grow with time, whatever their shard: behind them new entries go to the end of the index, to a page that is at hand.
-- By shard first each was looked for from the root.
ALTER TABLE bank_events DROP CONSTRAINT bank_events_pkey, ADD PRIMARY KEY (id, shard);
ALTER TABLE bank_event_bytes DROP CONSTRAINT bank_event_bytes_pkey, ADD PRIMARY KEY (id, shard, received_at);
