-- Further patients of AuditEvents with more than one: the column patient of audit_scores holds the first. Reports of accesses read both.
CREATE TABLE audit_event_patients (
    patient    text NOT NULL,
    event_time text NOT NULL,
    source     text NOT NULL,
    number     integer NOT NULL,
    PRIMARY KEY (patient, event_time, source, number)
);
