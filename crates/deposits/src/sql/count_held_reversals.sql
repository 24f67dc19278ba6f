SELECT count(*) AS reversals, min(received_at) AS oldest FROM reversals WHERE state = $1
