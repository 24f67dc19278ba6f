-- A reversal lies in the shard of the reference that its bank named. A person may book it on a payment of another reference, which
-- lies in another shard.
CREATE INDEX reversals_by_payment ON reversals (payment) WHERE payment IS NOT NULL;
DROP INDEX reversals_of_payment;
