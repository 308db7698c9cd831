-- Where a run's resources come from: search, bulk, history, files or reconcile; 'auto' until the run has asked the server.
ALTER TABLE ingestion_runs ADD COLUMN mode text NOT NULL DEFAULT 'search';
-- files: the folder or file that is read.
ALTER TABLE ingestion_runs ADD COLUMN files_path text;
-- bulk: the status URL of the export, and the instant that its files are a snapshot of.
ALTER TABLE ingestion_runs ADD COLUMN export_url text;
ALTER TABLE ingestion_runs ADD COLUMN transaction_time timestamptz;

-- What a run reads piece by piece, such as the files of an export, and how far it has come with each piece. A page's transaction advances
-- its part, so that an interrupted run reads no finished part again. Emptied when the run ends.
CREATE TABLE run_parts (
    run_id      bigint  NOT NULL,
    part        integer NOT NULL,
    kind        text    NOT NULL, -- file, output, deleted, error, window
    name        text    NOT NULL, -- a path, a URL, a period
    fingerprint text,             -- what tells that the content is still the same: size and time of a file, an ETag
    expected    bigint,           -- resources, where it is known
    from_at     timestamptz,
    to_at       timestamptz,
    position    bigint  NOT NULL DEFAULT 0, -- resources or entries that are settled
    cursor      timestamptz,
    is_done     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, part)
);
