-- What one batch posted about one thing: its seal by its time, its transfers by their key. An entry for each seal, of which a batch
-- has a few, not for each transfer, of which it has hundreds.
CREATE INDEX seals_by_time ON seals (chain, sealed_at);
