-- Delivery: pace, workers, personal time, preferences, bounces. TEXT and BIGINT only, as everywhere.

-- The recipient's domain as it is looked up, for caps; '' for what was queued before there were any.
ALTER TABLE deliveries ADD COLUMN domain TEXT NOT NULL DEFAULT '';
-- When it was meant to go out first: the subscriber's own hour. 0 for what was queued before there was one.
ALTER TABLE deliveries ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;

-- `next_at` is set exactly for what may be leased, `worker` exactly for what is: both are read in index order, however
-- many deliveries wait.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_next ON deliveries (next_at, edition_id, subscriber_id);
CREATE INDEX deliveries_held ON deliveries (worker, lease_until);

-- How far the messages to a domain have run ahead (news::delivery::Pace); '*' stands for all of them.
CREATE TABLE paces (
    domain  TEXT   NOT NULL PRIMARY KEY,
    free_at BIGINT NOT NULL
);

-- Who sends just now, and over how many connections: the cap holds for all processes together.
CREATE TABLE workers (
    worker      TEXT   NOT NULL PRIMARY KEY,
    connections BIGINT NOT NULL,
    until_at    BIGINT NOT NULL
);

-- What the program keeps to itself: made when it is first needed.
CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL -- hexadecimal
);

-- JSON of news::subscriber::Preferences.
ALTER TABLE subscribers ADD COLUMN preferences TEXT NOT NULL DEFAULT '{}';
-- Why mail to them is suppressed.
ALTER TABLE subscribers ADD COLUMN reason TEXT;

-- Bounces and complaints, one row for each report.
CREATE TABLE bounces (
    report_id     TEXT   NOT NULL PRIMARY KEY, -- a hash of the report, so that reading it twice counts once
    subscriber_id TEXT   NOT NULL,
    edition_id    TEXT,
    kind          TEXT   NOT NULL,
    status        TEXT,
    said          TEXT   NOT NULL,
    points        BIGINT NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX bounces_subscriber ON bounces (subscriber_id, at);

-- Whom not to write to although nothing else is known of them any more: SHA-256 of the normal form of the address.
CREATE TABLE suppressions (
    address_hash TEXT   NOT NULL PRIMARY KEY,
    reason       TEXT   NOT NULL,
    at           BIGINT NOT NULL
);
