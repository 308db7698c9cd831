-- Access monitoring: pollers, scored AuditEvents, profiles, models, and what operators decide about alerts.

CREATE TABLE pollers (
    source           text        NOT NULL PRIMARY KEY,
    enabled          integer       NOT NULL,
    interval_seconds integer        NOT NULL,
    batch            integer        NOT NULL,
    resource_type    text        NOT NULL,
    since            text,
    watermark        text,
    epoch            integer        NOT NULL DEFAULT 0,
    sequence         integer        NOT NULL DEFAULT 0,
    events           integer        NOT NULL DEFAULT 0,
    failures         integer        NOT NULL DEFAULT 0,
    last_poll        text,
    last_error       text
);

-- number counts the events of a source; source-number is the alert's id. The unique key keeps an event from being stored twice.
CREATE TABLE audit_scores (
    source          text      NOT NULL,
    number          integer      NOT NULL,
    event_id        text      NOT NULL,
    version_id      text      NOT NULL,
    event_time      text  NOT NULL,
    last_updated    text,
    stored_at       text  NOT NULL,
    sequence        integer      NOT NULL,
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
    care_flags      integer      NOT NULL,
    flags           integer      NOT NULL,
    features        blob   NOT NULL,
    share           real,
    score           real,
    severity        text      NOT NULL,
    predicted_class text,
    reasons         text      NOT NULL,
    class_probs     text      NOT NULL,
    model_version   text,
    shadow_version  text,
    shadow_score    real,
    suppressed      integer     NOT NULL,
    raw             text     NOT NULL,
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
    sequence integer    NOT NULL,
    document blob NOT NULL,
    PRIMARY KEY (source, agent)
);

CREATE TABLE access_populations (
    source   text    NOT NULL PRIMARY KEY,
    sequence integer    NOT NULL,
    document blob NOT NULL
);

CREATE TABLE anomaly_models (
    id           text     NOT NULL PRIMARY KEY,
    kind         text     NOT NULL,
    status       text     NOT NULL,
    trained_from text NOT NULL,
    trained_to   text NOT NULL,
    events       integer     NOT NULL,
    parameters   text     NOT NULL,
    metrics      text     NOT NULL,
    sha256       text     NOT NULL,
    model        blob  NOT NULL,
    created_at   text NOT NULL,
    promoted_at  text
);

CREATE TABLE alert_feedback (
    source     text     NOT NULL,
    number     integer     NOT NULL,
    verdict    text     NOT NULL,
    reason     text,
    created_at text NOT NULL,
    PRIMARY KEY (source, number)
);

CREATE TABLE suppressions (
    id           integer PRIMARY KEY AUTOINCREMENT,
    agent        text,
    action       text,
    reason_class text,
    until        text NOT NULL,
    created_at   text NOT NULL,
    suppressed   integer     NOT NULL DEFAULT 0
);

CREATE TABLE access_cases (
    id           integer PRIMARY KEY AUTOINCREMENT,
    source       text     NOT NULL,
    agent        text     NOT NULL,
    reason_class text     NOT NULL,
    status       text     NOT NULL,
    assignee     text,
    opened_at    text NOT NULL,
    last_at      text NOT NULL,
    alerts       integer     NOT NULL,
    history      text     NOT NULL
);
CREATE INDEX access_cases_by_agent ON access_cases (source, agent, reason_class, last_at);

CREATE TABLE watchlist (
    patient  text     NOT NULL PRIMARY KEY,
    reason   text,
    added_at text NOT NULL
);
