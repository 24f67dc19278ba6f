-- A document's entry that differs from the sum of its details is booked once, with its own amount, and reviewed (R6).
ALTER TABLE payments ADD COLUMN sum_mismatch boolean NOT NULL DEFAULT false;
