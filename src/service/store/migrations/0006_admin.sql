-- The admins' desk: who may come in, what they changed, how the runs went. TEXT and BIGINT only, as everywhere.

CREATE TABLE admins (
    name       TEXT   NOT NULL PRIMARY KEY,
    password   TEXT,            -- argon2id, in PHC form; none for who comes in by links only
    changed_at BIGINT NOT NULL
);

-- What lets somebody in: a session, a link for one login, a token for programs. Only SHA-256 of each is kept.
CREATE TABLE passes (
    hash       TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL, -- 'session', 'link', 'token'
    admin      TEXT   NOT NULL,
    label      TEXT   NOT NULL, -- what a person calls a token
    scopes     TEXT   NOT NULL, -- of a token, with spaces
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    until_at   BIGINT NOT NULL
);
CREATE INDEX passes_until ON passes (until_at);

-- Who changed what; without secrets.
CREATE TABLE audit (
    id      TEXT   NOT NULL PRIMARY KEY, -- in the order of time
    at      BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    what    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    before  TEXT,
    after   TEXT
);

-- How long each run took, and how it ended.
CREATE TABLE runs (
    id         TEXT   NOT NULL PRIMARY KEY, -- in the order of time
    edition    TEXT   NOT NULL,
    who        TEXT   NOT NULL, -- an admin, or 'schedule'
    started_at BIGINT NOT NULL,
    steps      TEXT   NOT NULL, -- JSON of store::runs::Step
    failed     BIGINT NOT NULL, -- 1 if it did not come to its end
    outcome    TEXT   NOT NULL
);
