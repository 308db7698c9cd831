-- The engine's own tables get a schema of their own, so that public holds the data only. The engine's connections have it as their search path.
CREATE SCHEMA orleans;
ALTER TABLE OrleansQuery SET SCHEMA orleans;
ALTER TABLE OrleansMembershipVersionTable SET SCHEMA orleans;
ALTER TABLE OrleansMembershipTable SET SCHEMA orleans;
ALTER TABLE OrleansStorage SET SCHEMA orleans;
ALTER TABLE OrleansRemindersTable SET SCHEMA orleans;
COMMENT ON SCHEMA orleans IS 'Tables of the Orleans engine: cluster membership, grain state, reminders';
