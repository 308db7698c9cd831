-- The layout of the table of the view's name. 1: with the raw JSON in each row. The next start fills tables of the present layout beside those.
ALTER TABLE views ADD COLUMN layout integer NOT NULL DEFAULT 1;

-- Stored resources that a user's view has no rows of, and why (docs/views.md).
CREATE TABLE view_failures (
    table_name    text COLLATE "C" NOT NULL,
    source        text COLLATE "C" NOT NULL,
    resource_type text COLLATE "C" NOT NULL,
    resource_id   text COLLATE "C" NOT NULL,
    run_id        bigint      NOT NULL,
    error         text        NOT NULL,
    failed_at     timestamptz NOT NULL,
    PRIMARY KEY (table_name, source, resource_id)
);
CREATE INDEX view_failures_by_resource ON view_failures (source, resource_type, resource_id);
