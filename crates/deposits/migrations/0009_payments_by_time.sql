-- Ids grow with time, whatever their shard: behind them new entries go to the end of the index, to a page that is at hand.
-- By shard first each was looked for from the root.
ALTER TABLE payments DROP CONSTRAINT payments_pkey, ADD PRIMARY KEY (id, shard);
