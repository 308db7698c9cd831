-- Which process worked on a run, and since when: a run that was interrupted has several rows.
CREATE TABLE run_claims (
    run_id     bigint      NOT NULL,
    epoch      bigint      NOT NULL,
    owner      text        NOT NULL,
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, epoch)
);
