-- Patient discovery. Neither table has a patient's name or date of birth: a patient is the hash of them.

-- What was submitted within a day, so that a request that comes again is not submitted again.
CREATE TABLE pd_searches (
    tenant         text        NOT NULL,
    request_id     text        NOT NULL,
    correlation_id text        NOT NULL,
    status         text        NOT NULL,
    answer         text,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant, request_id)
);
CREATE INDEX pd_searches_by_age ON pd_searches (created_at);

CREATE TABLE timeline_events (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_key text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    type        text        NOT NULL,
    status      text        NOT NULL,
    details     text        NOT NULL
);
CREATE INDEX timeline_events_of_patient ON timeline_events (patient_key, id);
