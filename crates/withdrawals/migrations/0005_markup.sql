-- What the institution keeps of an exchange besides the fee, bought currency: booked back with a refusal.
ALTER TABLE withdrawals
    ADD COLUMN spread_minor  bigint NOT NULL DEFAULT 0 CHECK (spread_minor >= 0),
    ADD COLUMN premium_minor bigint NOT NULL DEFAULT 0 CHECK (premium_minor >= 0);

-- What was exchanged before positions were kept by pair.
INSERT INTO pair_positions (shard, sold_currency, bought_currency, sold_minor, bought_minor)
SELECT shard, sell_currency, buy_currency, sum(net_minor), sum(buy_minor)
FROM withdrawals WHERE sell_currency <> buy_currency AND status <> 'refused'
GROUP BY shard, sell_currency, buy_currency;
