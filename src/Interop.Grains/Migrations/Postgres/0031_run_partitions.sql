-- Into how many periods a run of the mode search is split; null: the source's setting decides.
ALTER TABLE ingestion_runs ADD COLUMN partitions integer;
