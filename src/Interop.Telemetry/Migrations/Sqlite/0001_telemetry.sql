-- Telemetry as it was accepted, in a file of its own. The file has one writer at a time, who gives the ids: so ids rise in the order of
-- commits, and who reads on from an id misses nothing. Instants are fixed-width ISO-8601 UTC text with seven fraction digits.

CREATE TABLE telemetry_events (
    id                      integer PRIMARY KEY AUTOINCREMENT,
    event_id                text    NOT NULL UNIQUE,
    event_type              text    NOT NULL,
    timestamp_utc           text    NOT NULL,
    source_system           text,
    source_channel_id       text,
    source_environment      text,
    organization            text,
    qhin                    text,
    environment             text,
    status                  text,
    duration_ms             integer,
    result_count            integer,
    correlation_id          text,
    correlation_request_id  text,
    correlation_message_id  text,
    protocol_standard       text,
    protocol_interaction_id text,
    raw_payload             text    NOT NULL,
    received_at             text    NOT NULL
);
CREATE INDEX telemetry_events_of_pd ON telemetry_events (id) WHERE lower(event_type) = 'pd.request.completed';

CREATE TABLE telemetry_rejects (
    id          integer PRIMARY KEY AUTOINCREMENT,
    received_at text    NOT NULL,
    reason      text    NOT NULL,
    event_id    text,
    raw         text    NOT NULL
);

-- telemetry_id: the event that it was made from; a later event of the same execution takes its place, never an earlier one.
CREATE TABLE pd_executions (
    execution_id  text    PRIMARY KEY NOT NULL,
    started_at    text    NOT NULL,
    completed_at  text    NOT NULL,
    duration_ms   integer NOT NULL,
    status        text    NOT NULL,
    request_count integer NOT NULL,
    organization  text,
    qhin          text,
    telemetry_id  integer NOT NULL
);
CREATE INDEX pd_executions_by_completion ON pd_executions (completed_at);
