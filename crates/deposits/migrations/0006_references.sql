-- What a bank took back is found by the reference of that, too. Reversals are few.
CREATE INDEX reversals_by_reference ON reversals (reference, id);

-- A payment that networks trace by its UETR is one that did not arrive at once: one that is credited is in no index but its key's.
CREATE INDEX payments_by_uetr ON payments (uetr, id) WHERE uetr IS NOT NULL AND status <> 'credited';
