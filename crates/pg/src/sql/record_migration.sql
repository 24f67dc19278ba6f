INSERT INTO schema_migrations (owner, version, name, checksum) VALUES ($1, $2, $3, $4)
