UPDATE bank_event_conflicts SET body_sealed = '' WHERE received_at < $1 AND body_sealed <> ''
