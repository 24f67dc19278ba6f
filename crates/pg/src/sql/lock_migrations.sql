-- Conflicts with itself, not with readers: migrators take turns.
LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE
