-- Further patients of AuditEvents with more than one: the column patient of audit_scores holds the first. Reports of accesses read both.
CREATE TABLE audit_event_patients (
    patient    text NOT NULL,
    event_time timestamptz NOT NULL,
    source     text NOT NULL,
    number     bigint NOT NULL,
    PRIMARY KEY (patient, event_time, source, number)
);
