-- The edition of the same name that had last reached the subscriber when this one was frozen: what "was" means to them.
ALTER TABLE deliveries ADD COLUMN base_id TEXT;

-- Figures that an edition held, and what a person decided of them.
CREATE TABLE held_figures (
    id         TEXT   NOT NULL PRIMARY KEY, -- see news::incident::plausibility::id
    edition_id TEXT   NOT NULL REFERENCES editions (id),
    item       TEXT   NOT NULL,             -- JSON of news::digest::tolls::HeldItem
    held_at    BIGINT NOT NULL,
    decision   TEXT,                        -- 'released' or 'rejected'
    decided_at BIGINT
);
