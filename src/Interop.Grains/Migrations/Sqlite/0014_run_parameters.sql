-- What the caller asked of a run, in columns instead of the serialized message.
ALTER TABLE ingestion_runs ADD COLUMN patient_id text;
ALTER TABLE ingestion_runs ADD COLUMN full_fetch integer NOT NULL DEFAULT 0;
ALTER TABLE ingestion_runs ADD COLUMN missing_patients text NOT NULL DEFAULT 'ignore';
ALTER TABLE ingestion_runs ADD COLUMN job text;
ALTER TABLE ingestion_runs ADD COLUMN triggered_by text;
ALTER TABLE ingestion_runs ADD COLUMN attempt integer;
ALTER TABLE ingestion_runs ADD COLUMN max_attempts integer;
ALTER TABLE ingestion_runs ADD COLUMN run_group text;
ALTER TABLE ingestion_runs ADD COLUMN airflow_dag_id text;
ALTER TABLE ingestion_runs ADD COLUMN airflow_task_id text;
ALTER TABLE ingestion_runs ADD COLUMN airflow_run_id text;

UPDATE ingestion_runs SET
    patient_id       = json_extract(request_json, '$.PatientId'),
    full_fetch       = COALESCE(json_extract(request_json, '$.Full'), 0),
    missing_patients = CASE json_extract(request_json, '$.MissingPatients') WHEN 1 THEN 'dead_letter' WHEN 2 THEN 'fetch' ELSE 'ignore' END,
    job              = json_extract(request_json, '$.Meta.Job'),
    triggered_by     = json_extract(request_json, '$.Meta.Trigger'),
    attempt          = json_extract(request_json, '$.Meta.Attempt'),
    max_attempts     = json_extract(request_json, '$.Meta.MaxAttempts'),
    run_group        = json_extract(request_json, '$.Meta.RunGroup'),
    airflow_dag_id   = json_extract(request_json, '$.Meta.AirflowDagId'),
    airflow_task_id  = json_extract(request_json, '$.Meta.AirflowTaskId'),
    airflow_run_id   = json_extract(request_json, '$.Meta.AirflowRunId');

ALTER TABLE ingestion_runs DROP COLUMN request_json;
