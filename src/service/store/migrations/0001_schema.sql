-- TEXT and BIGINT only: they mean the same to SQLite and PostgreSQL. Times are microseconds since 1970, UTC.

-- What was learnt of a source at the last fetch; the sources themselves stand in the configuration.
CREATE TABLE sources (
    name       TEXT   NOT NULL PRIMARY KEY,
    url        TEXT   NOT NULL,
    freshness  TEXT   NOT NULL, -- JSON of service::fetch::freshness::Freshness
    updated_at BIGINT NOT NULL
);

-- One row per article, as it was last seen.
CREATE TABLE articles (
    id           TEXT   NOT NULL PRIMARY KEY,
    url          TEXT,
    outlet       TEXT   NOT NULL,
    byline       TEXT,
    language     TEXT,
    published    TEXT,          -- as exactly as it was given: a day or an instant
    published_at BIGINT,        -- the same as an instant, for windows
    modified     TEXT,
    text_hash    TEXT   NOT NULL, -- which of its texts is the newest
    first_seen   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL
);
CREATE INDEX articles_published ON articles (published_at);
CREATE INDEX articles_changed ON articles (changed_at);

-- Every text an article has had: the spans of an edition point into the one that it used.
CREATE TABLE article_texts (
    article_id TEXT   NOT NULL REFERENCES articles (id),
    text_hash  TEXT   NOT NULL,
    title      TEXT   NOT NULL,
    text       TEXT   NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (article_id, text_hash)
);

-- Frozen editions. The name is the configured one, "daily"; there is one row for each time it was composed.
CREATE TABLE editions (
    id          TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    from_at     BIGINT NOT NULL,
    to_at       BIGINT NOT NULL,
    composed_at BIGINT NOT NULL,
    partial     BIGINT NOT NULL, -- 1 if it was made of given sources or a given window: the next one does not go on from it
    undelivered BIGINT NOT NULL, -- 1 once it is certain that nobody got it; 2 if there was nobody to get it
    digest      TEXT   NOT NULL -- JSON of news::digest::Digest, as sent
);
CREATE INDEX editions_newest ON editions (name, to_at);

-- A slot is covered by one edition of a name at most: two processes that compose it freeze one.
CREATE TABLE edition_slots (
    name       TEXT   NOT NULL,
    slot_at    BIGINT NOT NULL,
    edition_id TEXT   NOT NULL REFERENCES editions (id),
    PRIMARY KEY (name, slot_at)
);

-- A text is news in one edition of a name at most.
CREATE TABLE edition_articles (
    name       TEXT NOT NULL,
    article_id TEXT NOT NULL,
    text_hash  TEXT NOT NULL,
    edition_id TEXT NOT NULL REFERENCES editions (id),
    PRIMARY KEY (name, article_id, text_hash),
    FOREIGN KEY (article_id, text_hash) REFERENCES article_texts (article_id, text_hash)
);
CREATE INDEX edition_articles_edition ON edition_articles (edition_id);

CREATE TABLE subscribers (
    id         TEXT   NOT NULL PRIMARY KEY,
    normal     TEXT   NOT NULL UNIQUE, -- the address in the form that tells two addresses apart
    address    TEXT   NOT NULL,        -- as it was given first
    name       TEXT,
    state      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Which editions a subscriber gets; '*' stands for all.
CREATE TABLE subscriptions (
    subscriber_id TEXT NOT NULL REFERENCES subscribers (id),
    edition       TEXT NOT NULL,
    PRIMARY KEY (subscriber_id, edition)
);

-- The outbox and the record of what became of each message.
CREATE TABLE deliveries (
    edition_id    TEXT   NOT NULL REFERENCES editions (id),
    subscriber_id TEXT   NOT NULL REFERENCES subscribers (id),
    message_id    TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    attempts      BIGINT NOT NULL,
    unknowns      BIGINT NOT NULL,
    next_at       BIGINT,
    expires_at    BIGINT NOT NULL,
    worker        TEXT,
    fence         BIGINT NOT NULL, -- counts leases, so that a worker that lost one cannot write
    lease_until   BIGINT,
    result        TEXT,            -- of the last attempt: the server's reply, or why there was none
    changed_at    BIGINT NOT NULL,
    PRIMARY KEY (edition_id, subscriber_id)
);
CREATE INDEX deliveries_due ON deliveries (state, next_at);
CREATE INDEX deliveries_subscriber ON deliveries (subscriber_id);
