-- What is not final of a merchant: asked for with each look at a balance, and bounded by what is under way.
CREATE INDEX withdrawals_in_transit ON withdrawals (merchant)
    WHERE status IN ('processing', 'payee_action_required', 'failed', 'returned');

-- Without the shard: with it, this index finds a withdrawal by (shard, id), too, at the price of reading a whole shard of it; and
-- as long as nobody has counted the rows of a new table, PostgreSQL takes it for as good as the primary key.
DROP INDEX withdrawals_by_merchant;
CREATE INDEX withdrawals_by_merchant ON withdrawals (merchant, id);
