-- Every verification, accepted or not, for the people who check verdicts. Deleted by age. No foreign keys: an attempt may
-- name a participation that does not exist, and outlives its feed row.
CREATE TABLE attempt (
    attempt_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT attempt_id_is_positive CHECK (attempt_id > 0),
    -- Id of the request, which the response had in X-Request-Id.
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(created_at, 1, 19), '+0 days') IS substr(created_at, 1, 19)),
    participation_id BIGINT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT attempt_kind_is_known CHECK (kind IN ('feature', 'keyword')),
    outcome TEXT NOT NULL
        CONSTRAINT attempt_outcome_is_known CHECK (outcome IN ('accepted', 'rejected', 'failed')),
    errcode BIGINT,
    feed_content TEXT NOT NULL,
    keyword TEXT,
    probability DOUBLE PRECISION,
    threshold DOUBLE PRECISION,
    -- Algorithm and version that compared the photos, or the classifier.
    model TEXT NOT NULL,
    took_ms BIGINT NOT NULL CONSTRAINT attempt_took_time CHECK (took_ms >= 0),
    reference_url TEXT,
    -- SHA-256 and URL of the photo: of the feed row, or of a rejected photo that is kept for some days.
    photo_sha256 BLOB
        CONSTRAINT attempt_photo_is_a_digest CHECK (length(photo_sha256) = 32),
    photo_url TEXT,
    -- What the steps found, as JSON of the web service.
    evidence TEXT NOT NULL,
    -- Decision of an operator about a rejected photo.
    review TEXT CONSTRAINT attempt_review_is_known CHECK (review IN ('accepted', 'confirmed'))
);

CREATE INDEX attempt_age ON attempt (created_at, attempt_id);
CREATE INDEX attempt_participation ON attempt (participation_id, attempt_id);
CREATE INDEX attempt_request ON attempt (request_id);
CREATE INDEX attempt_photo ON attempt (photo_url);
CREATE INDEX attempt_outcome_age ON attempt (outcome, created_at);

-- What operators decided. Rows are added and never changed.
CREATE TABLE attempt_review (
    attempt_review_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT attempt_review_id_is_positive CHECK (attempt_review_id > 0),
    attempt_id BIGINT NOT NULL,
    participation_id BIGINT NOT NULL,
    reviewed_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(reviewed_at, 1, 19), '+0 days') IS substr(reviewed_at, 1, 19)),
    operator TEXT NOT NULL CONSTRAINT attempt_review_has_an_operator CHECK (operator <> ''),
    decision TEXT NOT NULL
        CONSTRAINT attempt_review_decision_is_known CHECK (decision IN ('accept', 'confirm', 'undo')),
    -- State of the attempt before and after.
    state_before TEXT NOT NULL,
    state_after TEXT NOT NULL,
    reason TEXT NOT NULL,
    model TEXT NOT NULL,
    -- Row that was added or removed.
    feed_id BIGINT
);

CREATE INDEX attempt_review_attempt ON attempt_review (attempt_id, attempt_review_id);
