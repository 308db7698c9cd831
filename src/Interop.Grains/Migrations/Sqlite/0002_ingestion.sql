-- The truth about ingested data and about the runs that brought it. Instants are fixed-width ISO-8601 UTC text with seven fraction
-- digits; *_ticks holds the same instant in 100 ns since 0001-01-01 UTC, for comparing versions alike on both databases.

CREATE TABLE resources (
    source             text        NOT NULL,
    resource_type      text        NOT NULL,
    resource_id        text        NOT NULL,
    version_id         text,
    last_updated       text,
    last_updated_ticks integer,
    content_hash       text        NOT NULL,
    run_id             integer      NOT NULL,
    loaded_at          text NOT NULL,
    deleted_at         text,
    raw                text        NOT NULL,
    PRIMARY KEY (source, resource_type, resource_id)
);
CREATE INDEX resources_by_run ON resources (run_id);

CREATE TABLE ingestion_runs (
    run_id               integer PRIMARY KEY AUTOINCREMENT,
    source               text        NOT NULL,
    resource_type        text        NOT NULL,
    status               text        NOT NULL,
    started_at           text NOT NULL,
    finished_at          text,
    epoch                integer      NOT NULL DEFAULT 0,
    request_json         text        NOT NULL,
    since                text,
    server_date          text,
    cursor               text,
    watermark            text,
    replay_of_run_id     integer,
    replay_stage         text,
    replay_cursor        integer      NOT NULL DEFAULT 0,
    replay_until         integer,
    replay_source_count  integer      NOT NULL DEFAULT 0,
    replay_missing_raw   integer      NOT NULL DEFAULT 0,
    checkpoint_before    text,
    checkpoint_after     text,
    pages                integer      NOT NULL DEFAULT 0,
    total                integer,
    fetched              integer      NOT NULL DEFAULT 0,
    validated            integer      NOT NULL DEFAULT 0,
    invalid              integer      NOT NULL DEFAULT 0,
    transform_errors     integer      NOT NULL DEFAULT 0,
    upserted             integer      NOT NULL DEFAULT 0,
    unchanged            integer      NOT NULL DEFAULT 0,
    refetched            integer      NOT NULL DEFAULT 0,
    load_errors          integer      NOT NULL DEFAULT 0,
    dead_letters         integer      NOT NULL DEFAULT 0,
    deleted              integer      NOT NULL DEFAULT 0,
    included             integer      NOT NULL DEFAULT 0,
    patients_fetched     integer      NOT NULL DEFAULT 0,
    patients_upserted    integer      NOT NULL DEFAULT 0,
    resources_per_second real NOT NULL DEFAULT 0,
    export_path          text,
    error                text,
    warnings             text        NOT NULL DEFAULT '[]'
);
-- One active run of a source and type, whatever grains believe.
CREATE UNIQUE INDEX ingestion_runs_active ON ingestion_runs (source, resource_type) WHERE status IN ('RUNNING', 'RETRYING');
CREATE INDEX ingestion_runs_by_type ON ingestion_runs (resource_type, run_id);

-- What a run counted without leaving another mark of its own: versions that were stored, or dead letters that were open, before it.
-- Emptied when the run ends.
CREATE TABLE run_seen (
    run_id        integer NOT NULL,
    resource_type text   NOT NULL,
    resource_id   text   NOT NULL,
    version_key   text   NOT NULL,
    PRIMARY KEY (run_id, resource_type, resource_id, version_key)
);

CREATE TABLE checkpoints (
    source                       text        NOT NULL,
    resource_type                text        NOT NULL,
    last_successful_lastupdated text NOT NULL,
    updated_at                   text NOT NULL,
    PRIMARY KEY (source, resource_type)
);

CREATE TABLE dead_letters (
    id                 integer PRIMARY KEY AUTOINCREMENT,
    run_id             integer      NOT NULL,
    source             text        NOT NULL,
    resource_type      text        NOT NULL,
    resource_id        text,
    version_id         text,
    last_updated_ticks integer,
    content_hash       text        NOT NULL,
    version_key        text        NOT NULL,
    stage              text        NOT NULL,
    error              text        NOT NULL,
    issues             text        NOT NULL,
    raw                text,
    missing_patient_id text,
    created_at         text NOT NULL,
    replayed_by_run_id integer,
    resolved           integer NOT NULL DEFAULT 0,
    resolution         text
);
CREATE UNIQUE INDEX dead_letters_open
    ON dead_letters (source, resource_type, COALESCE(resource_id, ''), version_key, stage) WHERE NOT resolved;
CREATE INDEX dead_letters_by_run ON dead_letters (run_id, id);

CREATE TABLE patients (
    source     text   NOT NULL,
    id         text   NOT NULL,
    family     text,
    given      text,
    gender     text,
    birth_date text,
    run_id     integer NOT NULL,
    raw        text   NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE observations (
    source             text   NOT NULL,
    id                 text   NOT NULL,
    patient_id         text,
    status             text,
    code               text,
    code_display       text,
    effective_datetime text,
    value_quantity     numeric,
    value_unit         text,
    value_string       text,
    run_id             integer NOT NULL,
    raw                text   NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE encounters (
    source          text   NOT NULL,
    id              text   NOT NULL,
    patient_id      text,
    status          text,
    encounter_class text,
    start           text,
    "end"           text,
    run_id          integer NOT NULL,
    raw             text   NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE conditions (
    source              text   NOT NULL,
    id                  text   NOT NULL,
    patient_id          text,
    clinical_status     text,
    verification_status text,
    code                text,
    onset               text,
    recorded_date       text,
    run_id              integer NOT NULL,
    raw                 text   NOT NULL,
    PRIMARY KEY (source, id)
);
