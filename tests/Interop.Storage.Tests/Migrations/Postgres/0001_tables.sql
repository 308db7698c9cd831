-- Several statements, a semicolon in a text and a comment; and a function between dollars.
CREATE TABLE notes (id bigint PRIMARY KEY, body text NOT NULL DEFAULT 'a;b', changed integer NOT NULL DEFAULT 0);
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.changed := OLD.changed + 1; -- a semicolon; in here
    RETURN NEW;
END;
$body$;
CREATE TRIGGER notes_changed BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION count_change();
