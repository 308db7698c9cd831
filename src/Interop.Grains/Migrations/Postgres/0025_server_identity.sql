-- What the server of a source says of itself (CapabilityStatement.software.name and implementation.url): another server behind the same URL is
-- refused.
ALTER TABLE source_servers
    ADD COLUMN software   text,
    ADD COLUMN server_url text;

-- Requests that were repeated, and what kind of failure ended a run.
ALTER TABLE ingestion_runs
    ADD COLUMN retries bigint NOT NULL DEFAULT 0,
    ADD COLUMN failure text;
