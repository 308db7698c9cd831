-- Which process worked on a run, and since when: a run that was interrupted has several rows.
CREATE TABLE run_claims (
    run_id     integer NOT NULL,
    epoch      integer NOT NULL,
    owner      text    NOT NULL,
    claimed_at text    NOT NULL,
    PRIMARY KEY (run_id, epoch)
);
