-- What the reader wanted of this edition when it was frozen, JSON of news::subscriber::Preferences; NULL for everything. What
-- is sent again is the same, and what they were told is known whatever they choose later.
ALTER TABLE deliveries ADD COLUMN preferences TEXT;

-- Double opt-in: when someone last asked for it, when the mail that asks them to confirm is to be sent (NULL: it is not),
-- and how many were sent.
ALTER TABLE subscribers ADD COLUMN asked_at BIGINT;
ALTER TABLE subscribers ADD COLUMN confirm_at BIGINT;
ALTER TABLE subscribers ADD COLUMN confirm_mails BIGINT NOT NULL DEFAULT 0;
CREATE INDEX subscribers_confirm ON subscribers (confirm_at);
