-- The operators' list of all merchants by age, whatever shards they lie in, and of the few that are not active. A merchant is
-- entered once and changes its state by a person's hand, so nothing that moves money pays for these.
CREATE INDEX merchants_by_age ON merchants (id);
CREATE INDEX merchants_not_active ON merchants (state, id) WHERE state <> 'active';
