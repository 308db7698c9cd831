-- The patient of a submission, so that a request id is not used for two patients. Null: the row is older than this column.
ALTER TABLE pd_searches ADD COLUMN patient_key text;

-- One row: which secret the patient keys were made with. It is an HMAC of a constant, and tells nothing about the secret.
CREATE TABLE patient_key_check (
    id    integer PRIMARY KEY,
    value text    NOT NULL
);
