-- The truth about ingested data and about the runs that brought it. Instants of FHIR servers have up to 100 ns, timestamptz has
-- 1 microsecond: where versions are compared, *_ticks holds the instant in 100 ns since 0001-01-01 UTC.
-- Keys are COLLATE "C": they are compared as bytes, which costs a fraction of a language's rules and is the same on every machine.

CREATE TABLE resources (
    source             text COLLATE "C" NOT NULL,
    resource_type      text COLLATE "C" NOT NULL,
    resource_id        text COLLATE "C" NOT NULL,
    version_id         text,
    last_updated       timestamptz,
    last_updated_ticks bigint,
    content_hash       text        NOT NULL,
    run_id             bigint      NOT NULL,
    loaded_at          timestamptz NOT NULL,
    deleted_at         timestamptz,
    raw                json        NOT NULL,
    PRIMARY KEY (source, resource_type, resource_id)
);
CREATE INDEX resources_by_run ON resources (run_id);

CREATE TABLE ingestion_runs (
    run_id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source               text COLLATE "C" NOT NULL,
    resource_type        text COLLATE "C" NOT NULL,
    status               text        NOT NULL,
    started_at           timestamptz NOT NULL,
    finished_at          timestamptz,
    epoch                bigint      NOT NULL DEFAULT 0,
    request_json         text        NOT NULL,
    since                timestamptz,
    server_date          timestamptz,
    cursor               timestamptz,
    watermark            timestamptz,
    replay_of_run_id     bigint,
    replay_stage         text,
    replay_cursor        bigint      NOT NULL DEFAULT 0,
    replay_until         bigint,
    replay_source_count  bigint      NOT NULL DEFAULT 0,
    replay_missing_raw   bigint      NOT NULL DEFAULT 0,
    checkpoint_before    timestamptz,
    checkpoint_after     timestamptz,
    pages                bigint      NOT NULL DEFAULT 0,
    total                bigint,
    fetched              bigint      NOT NULL DEFAULT 0,
    validated            bigint      NOT NULL DEFAULT 0,
    invalid              bigint      NOT NULL DEFAULT 0,
    transform_errors     bigint      NOT NULL DEFAULT 0,
    upserted             bigint      NOT NULL DEFAULT 0,
    unchanged            bigint      NOT NULL DEFAULT 0,
    refetched            bigint      NOT NULL DEFAULT 0,
    load_errors          bigint      NOT NULL DEFAULT 0,
    dead_letters         bigint      NOT NULL DEFAULT 0,
    deleted              bigint      NOT NULL DEFAULT 0,
    included             bigint      NOT NULL DEFAULT 0,
    patients_fetched     bigint      NOT NULL DEFAULT 0,
    patients_upserted    bigint      NOT NULL DEFAULT 0,
    resources_per_second double precision NOT NULL DEFAULT 0,
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
    run_id        bigint NOT NULL,
    resource_type text COLLATE "C" NOT NULL,
    resource_id   text COLLATE "C" NOT NULL,
    version_key   text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, resource_type, resource_id, version_key)
);

CREATE TABLE checkpoints (
    source                       text COLLATE "C" NOT NULL,
    resource_type                text COLLATE "C" NOT NULL,
    last_successful_lastupdated timestamptz NOT NULL,
    updated_at                   timestamptz NOT NULL,
    PRIMARY KEY (source, resource_type)
);

CREATE TABLE dead_letters (
    id                 bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id             bigint      NOT NULL,
    source             text COLLATE "C" NOT NULL,
    resource_type      text COLLATE "C" NOT NULL,
    resource_id        text,
    version_id         text,
    last_updated_ticks bigint,
    content_hash       text        NOT NULL,
    version_key        text COLLATE "C" NOT NULL,
    stage              text        NOT NULL,
    error              text        NOT NULL,
    issues             text        NOT NULL,
    raw                text,
    missing_patient_id text,
    created_at         timestamptz NOT NULL,
    replayed_by_run_id bigint,
    resolved           boolean     NOT NULL DEFAULT false,
    resolution         text
);
CREATE UNIQUE INDEX dead_letters_open
    ON dead_letters (source, resource_type, COALESCE(resource_id, ''), version_key, stage) WHERE NOT resolved;
CREATE INDEX dead_letters_by_run ON dead_letters (run_id, id);

CREATE TABLE patients (
    source     text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    family     text,
    given      text,
    gender     text,
    birth_date text,
    run_id     bigint NOT NULL,
    raw        json   NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE observations (
    source             text COLLATE "C" NOT NULL,
    id                 text COLLATE "C" NOT NULL,
    patient_id         text,
    status             text,
    code               text,
    code_display       text,
    effective_datetime text,
    value_quantity     numeric,
    value_unit         text,
    value_string       text,
    run_id             bigint NOT NULL,
    raw                json   NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE encounters (
    source          text COLLATE "C" NOT NULL,
    id              text COLLATE "C" NOT NULL,
    patient_id      text,
    status          text,
    encounter_class text,
    start           text,
    "end"           text,
    run_id          bigint NOT NULL,
    raw             json   NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE conditions (
    source              text COLLATE "C" NOT NULL,
    id                  text COLLATE "C" NOT NULL,
    patient_id          text,
    clinical_status     text,
    verification_status text,
    code                text,
    onset               text,
    recorded_date       text,
    run_id              bigint NOT NULL,
    raw                 json   NOT NULL,
    PRIMARY KEY (source, id)
);
