-- Uploaded files of both kinds (fhir: patients for a FHIR server; tm2: TM2 records for OpenMRS). The counters change in the transaction that changes
-- the rows. The epoch is the fencing token of the worker, heartbeat_at shows that it lives.
CREATE TABLE upload_files (
    file_id       text NOT NULL PRIMARY KEY,
    kind          text NOT NULL,
    filename      text NOT NULL,
    profile       text,
    status        text NOT NULL,
    "rows"        integer NOT NULL DEFAULT 0,
    received      integer NOT NULL DEFAULT 0,
    pending       integer NOT NULL DEFAULT 0,
    succeeded     integer NOT NULL DEFAULT 0,
    failed        integer NOT NULL DEFAULT 0,
    invalid       integer NOT NULL DEFAULT 0,
    duplicates    integer NOT NULL DEFAULT 0,
    unknown_terms text NOT NULL,
    error         text,
    epoch         integer NOT NULL,
    heartbeat_at  text,
    started_at    text NOT NULL,
    finished_at   text
);

-- One row per line. data is a JSON array of the fields in the order of the format's columns; it is erased when a patient's row succeeded.
CREATE TABLE upload_rows (
    file_id    text NOT NULL,
    line       integer NOT NULL,
    status     text NOT NULL,
    data       text,
    outcome    text,
    error      text,
    attempts   integer NOT NULL,
    updated_at text NOT NULL,
    PRIMARY KEY (file_id, line)
);
CREATE INDEX upload_rows_by_status ON upload_rows (file_id, status, line);

-- The owner of each TM2 record: patient, code and date, as a hash. A record is submitted once over all files.
CREATE TABLE tm2_records (
    record_hash text NOT NULL PRIMARY KEY,
    file_id     text NOT NULL,
    line        integer NOT NULL
);
CREATE INDEX tm2_records_by_file ON tm2_records (file_id, line);
