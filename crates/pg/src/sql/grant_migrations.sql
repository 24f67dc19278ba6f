GRANT SELECT ON schema_migrations TO sluice_runtime
