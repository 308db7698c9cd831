-- What each version of the anomaly model scored, per source and day (days since 1970): as the version whose scores counted (beside is empty), or in
-- shadow of the version beside it. The bins hold the events by the share of training events that are at least as anomalous.
CREATE TABLE anomaly_model_days (
    source        text   NOT NULL,
    model         text   NOT NULL,
    beside        text   NOT NULL,
    day           bigint NOT NULL,
    events        bigint NOT NULL,
    medium        bigint NOT NULL,
    high          bigint NOT NULL,
    beside_medium bigint NOT NULL,
    beside_high   bigint NOT NULL,
    both_alert    bigint NOT NULL,
    bin0          bigint NOT NULL,
    bin1          bigint NOT NULL,
    bin2          bigint NOT NULL,
    bin3          bigint NOT NULL,
    bin4          bigint NOT NULL,
    bin5          bigint NOT NULL,
    bin6          bigint NOT NULL,
    bin7          bigint NOT NULL,
    bin8          bigint NOT NULL,
    bin9          bigint NOT NULL,
    PRIMARY KEY (source, model, beside, day)
);
