-- Alerts that the log file or the webhook has not received yet. A row is written in the transaction that stores the alert, and removed
-- after the delivery. message is the number of the first alert of the webhook message to which the alert belongs.
CREATE TABLE alert_outbox (
    source       text        NOT NULL,
    channel      text        NOT NULL,
    number       integer     NOT NULL,
    agent        text        NOT NULL,
    reason_class text        NOT NULL,
    created_at   text        NOT NULL,
    message      integer,
    PRIMARY KEY (source, channel, number)
);

-- Until when further HIGH alerts of an agent and class wait, to be sent as one message.
CREATE TABLE alert_windows (
    source       text        NOT NULL,
    agent        text        NOT NULL,
    reason_class text        NOT NULL,
    ends_at      text        NOT NULL,
    PRIMARY KEY (source, agent, reason_class)
);

-- For the list of suppressed alerts.
CREATE INDEX audit_scores_suppressed ON audit_scores (event_time) WHERE suppressed;
