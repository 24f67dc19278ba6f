DELETE FROM bank_event_bytes_rest WHERE received_at < $1
