-- Access monitoring: pollers, scored AuditEvents, profiles, models, and what operators decide about alerts.

CREATE TABLE pollers (
    source           text        NOT NULL PRIMARY KEY,
    enabled          boolean       NOT NULL,
    interval_seconds bigint        NOT NULL,
    batch            bigint        NOT NULL,
    resource_type    text        NOT NULL,
    since            timestamptz,
    watermark        timestamptz,
    epoch            bigint        NOT NULL DEFAULT 0,
    sequence         bigint        NOT NULL DEFAULT 0,
    events           bigint        NOT NULL DEFAULT 0,
    failures         bigint        NOT NULL DEFAULT 0,
    last_poll        timestamptz,
    last_error       text
);

-- number counts the events of a source; source-number is the alert's id. The unique key keeps an event from being stored twice.
CREATE TABLE audit_scores (
    source          text      NOT NULL,
    number          bigint      NOT NULL,
    event_id        text      NOT NULL,
    version_id      text      NOT NULL,
    event_time      timestamptz  NOT NULL,
    last_updated    timestamptz,
    stored_at       timestamptz  NOT NULL,
    sequence        bigint      NOT NULL,
    agent           text      NOT NULL,
    role            text,
    patient         text,
    kind            text      NOT NULL,
    action          text,
    outcome         text,
    address         text,
    resource_type   text,
    purpose         text,
    care            text      NOT NULL,
    care_text       text,
    care_flags      bigint      NOT NULL,
    flags           bigint      NOT NULL,
    features        bytea   NOT NULL,
    share           double precision,
    score           double precision,
    severity        text      NOT NULL,
    predicted_class text,
    reasons         text      NOT NULL,
    class_probs     text      NOT NULL,
    model_version   text,
    shadow_version  text,
    shadow_score    double precision,
    suppressed      boolean     NOT NULL,
    raw             json     NOT NULL,
    PRIMARY KEY (source, number),
    UNIQUE (source, event_id, version_id)
);
CREATE INDEX audit_scores_by_time ON audit_scores (event_time);
CREATE INDEX audit_scores_by_patient ON audit_scores (patient, event_time) WHERE patient IS NOT NULL;
CREATE INDEX audit_scores_by_agent ON audit_scores (agent, event_time);
CREATE INDEX audit_scores_unscored ON audit_scores (source, number) WHERE model_version IS NULL;
CREATE INDEX audit_scores_alerts ON audit_scores (event_time) WHERE severity <> 'LOW';

CREATE TABLE access_profiles (
    source   text    NOT NULL,
    agent    text    NOT NULL,
    sequence bigint    NOT NULL,
    document bytea NOT NULL,
    PRIMARY KEY (source, agent)
);

CREATE TABLE access_populations (
    source   text    NOT NULL PRIMARY KEY,
    sequence bigint    NOT NULL,
    document bytea NOT NULL
);

CREATE TABLE anomaly_models (
    id           text     NOT NULL PRIMARY KEY,
    kind         text     NOT NULL,
    status       text     NOT NULL,
    trained_from timestamptz NOT NULL,
    trained_to   timestamptz NOT NULL,
    events       bigint     NOT NULL,
    parameters   text     NOT NULL,
    metrics      text     NOT NULL,
    sha256       text     NOT NULL,
    model        bytea  NOT NULL,
    created_at   timestamptz NOT NULL,
    promoted_at  timestamptz
);

CREATE TABLE alert_feedback (
    source     text     NOT NULL,
    number     bigint     NOT NULL,
    verdict    text     NOT NULL,
    reason     text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (source, number)
);

CREATE TABLE suppressions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent        text,
    action       text,
    reason_class text,
    until        timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    suppressed   bigint     NOT NULL DEFAULT 0
);

CREATE TABLE access_cases (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text     NOT NULL,
    agent        text     NOT NULL,
    reason_class text     NOT NULL,
    status       text     NOT NULL,
    assignee     text,
    opened_at    timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    alerts       bigint     NOT NULL,
    history      text     NOT NULL
);
CREATE INDEX access_cases_by_agent ON access_cases (source, agent, reason_class, last_at);

CREATE TABLE watchlist (
    patient  text     NOT NULL PRIMARY KEY,
    reason   text,
    added_at timestamptz NOT NULL
);
