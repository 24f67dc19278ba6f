-- Ids of payments grow with time, whatever their shard: behind them new entries go to the end of the index.
ALTER TABLE order_covers DROP CONSTRAINT order_covers_pkey, ADD PRIMARY KEY (payment, shard, store, order_id);
