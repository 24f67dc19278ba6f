-- Entries are numbered from 1. The trail is walked from there: what lies before it must not be, since lists would show it.
ALTER TABLE audit_log ADD CONSTRAINT audit_log_first CHECK (seq > 0);
