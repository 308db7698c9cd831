-- SQLite has no schemas: the engine's tables keep their names, which begin with Orleans.
SELECT 1;
