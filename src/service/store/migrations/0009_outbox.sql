-- Deliveries that are over are in neither: writing what became of one no longer moves it within them.
DROP INDEX deliveries_next;
CREATE INDEX deliveries_next ON deliveries (next_at, edition_id, subscriber_id) WHERE next_at IS NOT NULL;
DROP INDEX deliveries_held;
CREATE INDEX deliveries_held ON deliveries (worker, lease_until) WHERE worker IS NOT NULL;
