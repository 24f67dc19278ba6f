SELECT owner, version, checksum FROM schema_migrations ORDER BY owner, version
