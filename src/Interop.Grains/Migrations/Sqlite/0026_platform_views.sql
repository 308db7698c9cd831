-- The newest version of the platform's views that a program has installed: while a cluster is upgraded, older silos leave them as they are.
CREATE TABLE platform_views (version integer NOT NULL);
INSERT INTO platform_views VALUES (0);
