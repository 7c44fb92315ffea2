-- Messages for the app's own server: its webhooks. A message is added in the transaction of what it reports and deleted
-- when it is delivered. No foreign keys, so that feed can be partitioned and rows deleted.
CREATE TABLE webhook_message (
    webhook_message_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT webhook_message_id_is_positive CHECK (webhook_message_id > 0),
    participation_id BIGINT NOT NULL,
    event TEXT NOT NULL
        CONSTRAINT webhook_message_event_is_known CHECK (event IN (
            'photo.accepted', 'photo.rejected', 'photo.overridden', 'reference.registered', 'appeal.closed'
        )),
    occurred_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(occurred_at, 1, 19), '+0 days') IS substr(occurred_at, 1, 19)),
    request_id TEXT NOT NULL,
    kind TEXT CONSTRAINT webhook_message_kind_is_known CHECK (kind IN ('feature', 'keyword')),
    outcome TEXT
        CONSTRAINT webhook_message_outcome_is_known CHECK (outcome IN ('accepted', 'rejected')),
    errcode BIGINT,
    image_url TEXT,
    -- Number of failed deliveries, and why the last one failed.
    failures BIGINT NOT NULL
        CONSTRAINT webhook_message_failures_are_counted CHECK (failures >= 0),
    error TEXT,
    -- Instant after which no delivery is tried any more; null while the message waits.
    dead_at TIMESTAMP
        CHECK (datetime(substr(dead_at, 1, 19), '+0 days') IS substr(dead_at, 1, 19))
);

CREATE INDEX webhook_message_participation ON webhook_message (participation_id, webhook_message_id);
CREATE INDEX webhook_message_dead ON webhook_message (dead_at, webhook_message_id);

-- When the first waiting message of a participation is due; one row for each participation with such messages. A
-- transaction locks the row before it adds a message, so that ids are in the order of the commits.
CREATE TABLE webhook_queue (
    participation_id INTEGER PRIMARY KEY NOT NULL,
    due_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(due_at, 1, 19), '+0 days') IS substr(due_at, 1, 19))
);

CREATE INDEX webhook_queue_due ON webhook_queue (due_at, participation_id);
