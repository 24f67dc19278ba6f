SELECT id FROM merchants WHERE frozen_until IS NOT NULL AND frozen_until <= clock_timestamp() ORDER BY frozen_until LIMIT $1
