-- The lease of a run: only a run without an owner, or with an owner that is silent, is claimed. heartbeat_at is in the database's own time.
ALTER TABLE ingestion_runs ADD COLUMN process_kind text NOT NULL DEFAULT 'server';
ALTER TABLE ingestion_runs ADD COLUMN owner text;
ALTER TABLE ingestion_runs ADD COLUMN heartbeat_at text;
ALTER TABLE ingestion_runs ADD COLUMN source_url text;
ALTER TABLE ingestion_runs ADD COLUMN waiting text;

-- Which process may use the database alone (the embedded engine).
CREATE TABLE process_leases (
    name         text PRIMARY KEY NOT NULL,
    owner        text NOT NULL,
    acquired_at  text NOT NULL,
    heartbeat_at text NOT NULL
);

-- The server that a source was filled from. Another server under the same name is refused.
CREATE TABLE source_servers (
    source      text PRIMARY KEY NOT NULL,
    base_url    text NOT NULL,
    recorded_at text NOT NULL
);
