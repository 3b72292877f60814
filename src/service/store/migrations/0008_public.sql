-- The public archive, and what readers report. TEXT and BIGINT only, as everywhere.

-- What the edition's page prints, in lower case, for the search, and how lists show it; NULL until they are made.
ALTER TABLE editions ADD COLUMN printed TEXT;
ALTER TABLE editions ADD COLUMN listing TEXT; -- JSON of store::public::Listing
CREATE INDEX editions_archive ON editions (undelivered, composed_at, id);

-- Figures that readers say are wrong.
CREATE TABLE reports (
    id         TEXT   NOT NULL PRIMARY KEY, -- in the order of time
    edition_id TEXT   NOT NULL REFERENCES editions (id),
    article_id TEXT   NOT NULL,
    figure     TEXT   NOT NULL, -- as it was printed
    quote      TEXT   NOT NULL, -- the sentence it was printed with
    problem    TEXT   NOT NULL,
    source     TEXT   NOT NULL, -- an address, or nothing
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL, -- 'open', 'dismissed', 'case'
    labels     TEXT             -- of a case: its line of JSON, as `daybrief eval` reads it
);
CREATE INDEX reports_state ON reports (state, id);
