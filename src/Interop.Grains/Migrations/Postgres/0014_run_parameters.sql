-- What the caller asked of a run, in columns instead of the serialized message.
ALTER TABLE ingestion_runs
    ADD COLUMN patient_id      text,
    ADD COLUMN full_fetch      boolean NOT NULL DEFAULT false,
    ADD COLUMN missing_patients text   NOT NULL DEFAULT 'ignore',
    ADD COLUMN job             text,
    ADD COLUMN triggered_by    text,
    ADD COLUMN attempt         integer,
    ADD COLUMN max_attempts    integer,
    ADD COLUMN run_group       text,
    ADD COLUMN airflow_dag_id  text,
    ADD COLUMN airflow_task_id text,
    ADD COLUMN airflow_run_id  text;

UPDATE ingestion_runs SET
    patient_id       = request ->> 'PatientId',
    full_fetch       = COALESCE((request ->> 'Full')::boolean, false),
    missing_patients = CASE request ->> 'MissingPatients' WHEN '1' THEN 'dead_letter' WHEN '2' THEN 'fetch' ELSE 'ignore' END,
    job              = request -> 'Meta' ->> 'Job',
    triggered_by     = request -> 'Meta' ->> 'Trigger',
    attempt          = (request -> 'Meta' ->> 'Attempt')::integer,
    max_attempts     = (request -> 'Meta' ->> 'MaxAttempts')::integer,
    run_group        = request -> 'Meta' ->> 'RunGroup',
    airflow_dag_id   = request -> 'Meta' ->> 'AirflowDagId',
    airflow_task_id  = request -> 'Meta' ->> 'AirflowTaskId',
    airflow_run_id   = request -> 'Meta' ->> 'AirflowRunId'
-- A NUL in a caller's word, which the message could hold and a text column cannot, becomes a replacement character.
FROM (SELECT run_id AS id, replace(request_json, '\u0000', '\uFFFD')::json AS request FROM ingestion_runs) AS message
WHERE run_id = message.id;

ALTER TABLE ingestion_runs DROP COLUMN request_json;
