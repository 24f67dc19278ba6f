INSERT INTO number_ranges (bank, currency, first_number, next_number) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
