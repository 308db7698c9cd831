-- What each version of the anomaly model scored, per source and day (days since 1970): as the version whose scores counted (beside is empty), or in
-- shadow of the version beside it. The bins hold the events by the share of training events that are at least as anomalous.
CREATE TABLE anomaly_model_days (
    source        text   NOT NULL,
    model         text   NOT NULL,
    beside        text   NOT NULL,
    day           integer NOT NULL,
    events        integer NOT NULL,
    medium        integer NOT NULL,
    high          integer NOT NULL,
    beside_medium integer NOT NULL,
    beside_high   integer NOT NULL,
    both_alert    integer NOT NULL,
    bin0          integer NOT NULL,
    bin1          integer NOT NULL,
    bin2          integer NOT NULL,
    bin3          integer NOT NULL,
    bin4          integer NOT NULL,
    bin5          integer NOT NULL,
    bin6          integer NOT NULL,
    bin7          integer NOT NULL,
    bin8          integer NOT NULL,
    bin9          integer NOT NULL,
    PRIMARY KEY (source, model, beside, day)
);
