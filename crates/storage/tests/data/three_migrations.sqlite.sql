-- A database that the version with three migrations wrote: a group, two participations, an API key, a reference (its
-- features cut to 64 bytes), an accepted photo and its answered request key.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE __diesel_schema_migrations (
       version VARCHAR(50) PRIMARY KEY NOT NULL,
       run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO __diesel_schema_migrations VALUES('0001','2026-11-28 23:04:43');
INSERT INTO __diesel_schema_migrations VALUES('0002','2026-11-28 23:04:43');
INSERT INTO __diesel_schema_migrations VALUES('0003','2026-11-28 23:04:43');
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
INSERT INTO challenge_group VALUES(1,'미라클 모닝','2026-11-01','2027-11-30','00:00:00','23:59:59','Asia/Seoul');
CREATE TABLE participation (
    participation_id INTEGER PRIMARY KEY NOT NULL
        CONSTRAINT participation_id_is_positive CHECK (participation_id > 0),
    challenge_group_id BIGINT NOT NULL
        CONSTRAINT participation_is_in_a_group REFERENCES challenge_group (challenge_group_id),
    user_id TEXT CONSTRAINT participation_user_is_named CHECK (user_id <> '')
);
INSERT INTO participation VALUES(1,1,'minji');
INSERT INTO participation VALUES(2,1,NULL);
CREATE TABLE auth_standard_img (
    auth_standard_img_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT auth_standard_img_id_is_positive CHECK (auth_standard_img_id > 0),
    participation_id BIGINT NOT NULL
        CONSTRAINT auth_standard_img_has_a_participation
        REFERENCES participation (participation_id),
    standart_img TEXT NOT NULL CONSTRAINT auth_standard_img_has_a_photo CHECK (standart_img <> '')
);
INSERT INTO auth_standard_img VALUES(1,1,'https://photos.example/std_1_20261129080445.jpg');
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
INSERT INTO feed VALUES(1,'auth',1,'2026-11-28 23:04:45.481604','https://photos.example/feature_1_20261129080445.jpg','오늘도 했다');
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
CREATE TABLE participation_day (
    participation_id BIGINT NOT NULL,
    day DATE NOT NULL CHECK (day IS date(day)),
    feed_id BIGINT,
    attempts BIGINT NOT NULL
        CONSTRAINT participation_day_attempts_are_counted CHECK (attempts >= 0),
    PRIMARY KEY (participation_id, day)
);
INSERT INTO participation_day VALUES(1,'2026-11-29',1,0);
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
INSERT INTO request_key VALUES(1,'1',X'750a204997b41afefef263e82a74dff889e776d0820d87f0629a772a15558702',X'7b22737461747573223a3230302c22657272636f6465223a6e756c6c2c226d657373616765223a22ec9984eba38ceb9098ec9788ec8ab5eb8b88eb8ba42e227d','2026-11-29 23:04:45.48788');
CREATE TABLE lease (
    name TEXT PRIMARY KEY NOT NULL CONSTRAINT lease_has_a_name CHECK (name <> ''),
    holder TEXT NOT NULL CONSTRAINT lease_has_a_holder CHECK (holder <> ''),
    held_until TIMESTAMP NOT NULL
        CHECK (datetime(substr(held_until, 1, 19), '+0 days') IS substr(held_until, 1, 19))
);
INSERT INTO lease VALUES('clean_up','a2ba2dbc-cb5c-43cc-9bd7-6dcc4b4ef4df','2026-11-28 23:06:45.030138');
CREATE TABLE IF NOT EXISTS "reference_features" (
    auth_standard_img_id BIGINT NOT NULL
        CONSTRAINT reference_features_have_a_reference
        REFERENCES auth_standard_img (auth_standard_img_id),
    algorithm TEXT NOT NULL,
    version BIGINT NOT NULL
        CONSTRAINT reference_features_version_is_unsigned CHECK (version BETWEEN 0 AND 4294967295),
    features BLOB NOT NULL,
    superseded_at TIMESTAMP
        CHECK (datetime(substr(superseded_at, 1, 19), '+0 days') IS substr(superseded_at, 1, 19)),
    PRIMARY KEY (auth_standard_img_id, algorithm, version)
);
INSERT INTO reference_features VALUES(1,'points',5,X'494a52466dfe0000494a465403e001680190015005997e1fac4fc8b93efaa9dd5c17bf1fb419bfbf429b87b3fd183e6b92f1dbfb76f9c2c0cf4b195b15c14f19',NULL);
CREATE TABLE api_key (
    key_id TEXT PRIMARY KEY NOT NULL CONSTRAINT api_key_has_an_id CHECK (key_id <> ''),
    -- Name of the server; several keys may have one name.
    name TEXT NOT NULL CONSTRAINT api_key_has_a_name CHECK (name <> ''),
    -- SHA-256 of the secret.
    secret_sha256 BLOB NOT NULL
        CONSTRAINT api_key_secret_is_a_digest CHECK (length(secret_sha256) = 32),
    -- Names of scopes, separated by spaces.
    scopes TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(created_at, 1, 19), '+0 days') IS substr(created_at, 1, 19)),
    expires_at TIMESTAMP
        CHECK (datetime(substr(expires_at, 1, 19), '+0 days') IS substr(expires_at, 1, 19)),
    revoked_at TIMESTAMP
        CHECK (datetime(substr(revoked_at, 1, 19), '+0 days') IS substr(revoked_at, 1, 19)),
    last_used_at TIMESTAMP
        CHECK (datetime(substr(last_used_at, 1, 19), '+0 days') IS substr(last_used_at, 1, 19))
);
INSERT INTO api_key VALUES('bd893dc95c98','app',X'f6d71b06f4dc41df3892709968f4f2eb47672885c8ae38583a3520d8fc12b024','verify','2026-11-28 23:04:44.710885',NULL,NULL,NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('auth_standard_img',1);
INSERT INTO sqlite_sequence VALUES('request_key',1);
INSERT INTO sqlite_sequence VALUES('feed',1);
CREATE INDEX participation_challenge_group ON participation (challenge_group_id);
CREATE VIEW injeung_participation AS
SELECT participation_id, user_id, challenge_group_id, name, start_date, end_date, start_time,
    end_time, time_zone
FROM participation
JOIN challenge_group USING (challenge_group_id);
CREATE UNIQUE INDEX auth_standard_img_url ON auth_standard_img (standart_img);
CREATE INDEX auth_standard_img_participation
    ON auth_standard_img (participation_id, auth_standard_img_id);
CREATE UNIQUE INDEX feed_url ON feed (feed_img);
CREATE INDEX feed_participation ON feed (participation_id, feed_id);
CREATE INDEX object_reservation_age ON object_reservation (reserved_at, object_key);
CREATE INDEX participation_day_age ON participation_day (day, participation_id);
CREATE UNIQUE INDEX request_key_idempotency_key ON request_key (idempotency_key);
CREATE INDEX request_key_age ON request_key (valid_until, claim_id);
CREATE INDEX reference_features_superseded ON reference_features (superseded_at);
COMMIT;
