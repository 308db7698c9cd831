-- Several statements, a semicolon in a text and a comment; and a trigger with a body.
CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL DEFAULT 'a;b', changed INTEGER NOT NULL DEFAULT 0);
CREATE TRIGGER notes_changed AFTER UPDATE OF body ON notes
BEGIN
    UPDATE notes SET changed = OLD.changed + 1 WHERE id = NEW.id;
END;
