SELECT count(*) FROM bank_event_conflicts
