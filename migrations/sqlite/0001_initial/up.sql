-- Same tables, columns, constraint names and index names as migrations/postgres.
--
-- Dates are ISO 8601 text (2026-03-01), times of day 07:00:00, instants UTC with microseconds
-- (2026-03-01 22:00:00.123456). SQLite has no types for them, so unnamed checks validate them as
-- DATE and TIMESTAMP do; '+0 days' rejects 24:00:00. INTEGER PRIMARY KEY is a 64-bit identity.

CREATE TABLE challenge_group (
    challenge_group_id INTEGER PRIMARY KEY NOT NULL
        CONSTRAINT challenge_group_id_is_positive CHECK (challenge_group_id > 0),
    name TEXT,
    start_date DATE NOT NULL CHECK (start_date IS date(start_date)),
    end_date DATE NOT NULL CHECK (end_date IS date(end_date)),
    -- First and last second of the daily window. An end before the start is on the next day.
    start_time TIME NOT NULL
        CONSTRAINT challenge_group_starts_within_the_day
        CHECK (start_time IS time(start_time, '+0 days')),
    end_time TIME NOT NULL
        CONSTRAINT challenge_group_ends_within_the_day
        CHECK (end_time IS time(end_time, '+0 days')),
    -- IANA name, such as Asia/Seoul.
    time_zone TEXT NOT NULL CONSTRAINT challenge_group_has_a_time_zone CHECK (time_zone <> ''),
    CONSTRAINT challenge_group_ends_after_it_starts CHECK (end_date >= start_date)
);

CREATE TABLE participation (
    participation_id INTEGER PRIMARY KEY NOT NULL
        CONSTRAINT participation_id_is_positive CHECK (participation_id > 0),
    challenge_group_id BIGINT NOT NULL
        CONSTRAINT participation_is_in_a_group REFERENCES challenge_group (challenge_group_id),
    user_id TEXT CONSTRAINT participation_user_is_named CHECK (user_id <> '')
);

CREATE INDEX participation_challenge_group ON participation (challenge_group_id);

-- The only source of participations for the service. An app with its own tables replaces this view
-- (docs/existing-tables.md). No later migration touches it.
CREATE VIEW injeung_participation AS
SELECT participation_id, user_id, challenge_group_id, name, start_date, end_date, start_time,
    end_time, time_zone
FROM participation
JOIN challenge_group USING (challenge_group_id);

-- Reference photos. AUTOINCREMENT never repeats an id, so the newest has the largest.
CREATE TABLE auth_standard_img (
    auth_standard_img_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT auth_standard_img_id_is_positive CHECK (auth_standard_img_id > 0),
    participation_id BIGINT NOT NULL
        CONSTRAINT auth_standard_img_has_a_participation
        REFERENCES participation (participation_id),
    standart_img TEXT NOT NULL CONSTRAINT auth_standard_img_has_a_photo CHECK (standart_img <> '')
);

CREATE UNIQUE INDEX auth_standard_img_url ON auth_standard_img (standart_img);
CREATE INDEX auth_standard_img_participation
    ON auth_standard_img (participation_id, auth_standard_img_id);

-- Features of a reference photo. A reference written by another program has none.
CREATE TABLE reference_features (
    auth_standard_img_id INTEGER PRIMARY KEY NOT NULL
        CONSTRAINT reference_features_have_a_reference
        REFERENCES auth_standard_img (auth_standard_img_id),
    algorithm TEXT NOT NULL,
    version BIGINT NOT NULL
        CONSTRAINT reference_features_version_is_unsigned CHECK (version BETWEEN 0 AND 4294967295),
    features BLOB NOT NULL
);

-- Accepted photos; created_datetime is UTC.
CREATE TABLE feed (
    feed_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT feed_id_is_positive CHECK (feed_id > 0),
    feed_type TEXT NOT NULL DEFAULT 'auth' CONSTRAINT feed_proves CHECK (feed_type = 'auth'),
    participation_id BIGINT NOT NULL
        CONSTRAINT feed_has_a_participation REFERENCES participation (participation_id),
    created_datetime TIMESTAMP NOT NULL
        CHECK (datetime(substr(created_datetime, 1, 19), '+0 days') IS substr(created_datetime, 1, 19)),
    feed_img TEXT NOT NULL CONSTRAINT feed_has_a_photo CHECK (feed_img <> ''),
    feed_content TEXT NOT NULL
);

CREATE UNIQUE INDEX feed_url ON feed (feed_img);
CREATE INDEX feed_participation ON feed (participation_id, feed_id);

-- Object keys reserved before the object is put. The commit of the row removes the reservation. An
-- abandoned one can get no row any more; its object is being deleted.
CREATE TABLE object_reservation (
    object_key TEXT PRIMARY KEY NOT NULL
        CONSTRAINT object_reservation_has_a_key CHECK (object_key <> ''),
    image_url TEXT NOT NULL CONSTRAINT object_reservation_has_a_url CHECK (image_url <> ''),
    -- SHA-256 of the photo. An object with another digest belongs to another program and is kept.
    content_sha256 BLOB NOT NULL
        CONSTRAINT object_reservation_content_is_a_digest CHECK (length(content_sha256) = 32),
    state TEXT NOT NULL
        CONSTRAINT object_reservation_state_is_known CHECK (state IN ('open', 'abandoned')),
    reserved_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(reserved_at, 1, 19), '+0 days') IS substr(reserved_at, 1, 19))
);

CREATE INDEX object_reservation_age ON object_reservation (reserved_at, object_key);

-- First accepted photo and number of attempts per participation and day of the window's start, for
-- the rules. Rows are deleted after a week. No foreign keys, so that feed can be partitioned.
CREATE TABLE participation_day (
    participation_id BIGINT NOT NULL,
    day DATE NOT NULL CHECK (day IS date(day)),
    feed_id BIGINT,
    attempts BIGINT NOT NULL
        CONSTRAINT participation_day_attempts_are_counted CHECK (attempts >= 0),
    PRIMARY KEY (participation_id, day)
);

CREATE INDEX participation_day_age ON participation_day (day, participation_id);

-- Idempotency keys, valid until an instant: claimed by one request, then answered. An expired claim is
-- replaced by another with a new id, so its holder can no longer commit.
CREATE TABLE request_key (
    claim_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT request_key_claim_id_is_positive CHECK (claim_id > 0),
    idempotency_key TEXT NOT NULL
        CONSTRAINT request_key_is_a_key CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    -- SHA-256 of the request.
    fingerprint BLOB NOT NULL
        CONSTRAINT request_key_fingerprint_is_a_digest CHECK (length(fingerprint) = 32),
    -- Serialized response of the web service; null while claimed.
    answer BLOB,
    valid_until TIMESTAMP NOT NULL
        CHECK (datetime(substr(valid_until, 1, 19), '+0 days') IS substr(valid_until, 1, 19))
);

CREATE UNIQUE INDEX request_key_idempotency_key ON request_key (idempotency_key);
CREATE INDEX request_key_age ON request_key (valid_until, claim_id);

-- Which process runs a task that one of several should run, and until when.
CREATE TABLE lease (
    name TEXT PRIMARY KEY NOT NULL CONSTRAINT lease_has_a_name CHECK (name <> ''),
    holder TEXT NOT NULL CONSTRAINT lease_has_a_holder CHECK (holder <> ''),
    held_until TIMESTAMP NOT NULL
        CHECK (datetime(substr(held_until, 1, 19), '+0 days') IS substr(held_until, 1, 19))
);
