-- Users and API keys. Passwords and keys are stored as hashes only.
CREATE TABLE users (
    name          text        PRIMARY KEY,
    password_hash text        NOT NULL,
    role          text        NOT NULL,
    stamp         text        NOT NULL,
    disabled      boolean     NOT NULL,
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL
);

CREATE TABLE api_keys (
    name       text        PRIMARY KEY,
    key_hash   text        NOT NULL,
    role       text        NOT NULL,
    created_at timestamptz NOT NULL
);
