CREATE TABLE IF NOT EXISTS schema_migrations (
    owner      text        COLLATE "C" NOT NULL,
    version    integer     NOT NULL,
    name       text        NOT NULL,
    checksum   bytea       NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner, version)
)
