-- The lease of a run: only a run without an owner, or with an owner that is silent, is claimed. heartbeat_at is in the database's own time.
ALTER TABLE ingestion_runs
    ADD COLUMN process_kind text NOT NULL DEFAULT 'server',
    ADD COLUMN owner        text,
    ADD COLUMN heartbeat_at timestamptz,
    ADD COLUMN source_url   text,
    ADD COLUMN waiting      text;

-- Which process may use the database alone (the embedded engine).
CREATE TABLE process_leases (
    name         text PRIMARY KEY,
    owner        text        NOT NULL,
    acquired_at  timestamptz NOT NULL,
    heartbeat_at timestamptz NOT NULL
);

-- The server that a source was filled from. Another server under the same name is refused.
CREATE TABLE source_servers (
    source      text COLLATE "C" PRIMARY KEY,
    base_url    text        NOT NULL,
    recorded_at timestamptz NOT NULL
);
