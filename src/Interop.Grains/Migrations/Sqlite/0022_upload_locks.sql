-- Keys (a patient of an upstream without conditional writes) that one file at a time works on. A lock is as good as the lease of its file.
CREATE TABLE upload_locks (
    lock_key text NOT NULL PRIMARY KEY,
    file_id  text NOT NULL,
    epoch    integer NOT NULL
);
CREATE INDEX upload_locks_by_file ON upload_locks (file_id);
