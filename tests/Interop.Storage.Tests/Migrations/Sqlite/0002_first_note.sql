INSERT INTO notes (id) VALUES (1);
UPDATE notes SET body = body || '!' WHERE id = 1;
