-- The normalized tables are SQL on FHIR views (docs/views.md): each one's table is made from its columns, not by a migration.
-- The four tables of 0002 are made anew from the stored raw JSON at the next start.
DROP TABLE patients;
DROP TABLE observations;
DROP TABLE encounters;
DROP TABLE conditions;

-- definition: whose rows are in the table that has the view's name. next_*: a new or changed definition whose table is being filled.
CREATE TABLE views (
    name            text    PRIMARY KEY NOT NULL,
    origin          text    NOT NULL,
    definition      text,
    generation      integer NOT NULL,
    changed_at      text    NOT NULL,
    next_origin     text,
    next_definition text,
    next_run_id     integer,
    next_source     text,
    next_id         text
);
-- Counts the changes: who has prepared rows for another count prepares them anew.
CREATE TABLE view_epoch (epoch integer NOT NULL);
INSERT INTO view_epoch VALUES (0);

-- A view being filled is a run: it has progress, can be cancelled, and is taken up again after a crash.
ALTER TABLE ingestion_runs ADD COLUMN view_name text;
