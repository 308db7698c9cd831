-- Telemetry as it was accepted. The writer gives the ids itself, under an advisory lock that it holds until its commit: so ids rise in the
-- order of commits, and who reads on from an id misses nothing.

CREATE SEQUENCE telemetry_event_ids;

CREATE TABLE telemetry_events (
    id                      bigint      PRIMARY KEY,
    event_id                text        NOT NULL UNIQUE,
    event_type              text        NOT NULL,
    timestamp_utc           timestamptz NOT NULL,
    source_system           text,
    source_channel_id       text,
    source_environment      text,
    organization            text,
    qhin                    text,
    environment             text,
    status                  text,
    duration_ms             bigint,
    result_count            bigint,
    correlation_id          text,
    correlation_request_id  text,
    correlation_message_id  text,
    protocol_standard       text,
    protocol_interaction_id text,
    raw_payload             json        NOT NULL,
    received_at             timestamptz NOT NULL
);
-- A few pages whatever the table's size; events come nearly in the order of their instants.
CREATE INDEX telemetry_events_by_time ON telemetry_events USING brin (timestamp_utc) WITH (autosummarize = on);
CREATE INDEX telemetry_events_of_pd ON telemetry_events (id) WHERE lower(event_type) = 'pd.request.completed';

CREATE TABLE telemetry_rejects (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    reason      text        NOT NULL,
    event_id    text,
    raw         text        NOT NULL
);

-- telemetry_id: the event that it was made from; a later event of the same execution takes its place, never an earlier one.
CREATE TABLE pd_executions (
    execution_id  text        PRIMARY KEY,
    started_at    timestamptz NOT NULL,
    completed_at  timestamptz NOT NULL,
    duration_ms   bigint      NOT NULL,
    status        text        NOT NULL,
    request_count bigint      NOT NULL,
    organization  text,
    qhin          text,
    telemetry_id  bigint      NOT NULL
);
CREATE INDEX pd_executions_by_completion ON pd_executions (completed_at);
