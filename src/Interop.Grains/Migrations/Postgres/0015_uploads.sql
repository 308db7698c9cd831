-- Uploaded files of both kinds (fhir: patients for a FHIR server; tm2: TM2 records for OpenMRS). The counters change in the transaction that changes
-- the rows. The epoch is the fencing token of the worker, heartbeat_at shows that it lives.
CREATE TABLE upload_files (
    file_id       text COLLATE "C" NOT NULL PRIMARY KEY,
    kind          text NOT NULL,
    filename      text NOT NULL,
    profile       text,
    status        text NOT NULL,
    "rows"        bigint NOT NULL DEFAULT 0,
    received      bigint NOT NULL DEFAULT 0,
    pending       bigint NOT NULL DEFAULT 0,
    succeeded     bigint NOT NULL DEFAULT 0,
    failed        bigint NOT NULL DEFAULT 0,
    invalid       bigint NOT NULL DEFAULT 0,
    duplicates    bigint NOT NULL DEFAULT 0,
    unknown_terms text NOT NULL,
    error         text,
    epoch         bigint NOT NULL,
    heartbeat_at  timestamptz,
    started_at    timestamptz NOT NULL,
    finished_at   timestamptz
);

-- One row per line. data is a JSON array of the fields in the order of the format's columns; it is erased when a patient's row succeeded.
CREATE TABLE upload_rows (
    file_id    text COLLATE "C" NOT NULL,
    line       bigint NOT NULL,
    status     text COLLATE "C" NOT NULL,
    data       text,
    outcome    text,
    error      text,
    attempts   bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (file_id, line)
);
CREATE INDEX upload_rows_by_status ON upload_rows (file_id, status, line);

-- The owner of each TM2 record: patient, code and date, as a hash. A record is submitted once over all files.
CREATE TABLE tm2_records (
    record_hash text COLLATE "C" NOT NULL PRIMARY KEY,
    file_id     text COLLATE "C" NOT NULL,
    line        bigint NOT NULL
);
CREATE INDEX tm2_records_by_file ON tm2_records (file_id, line);
