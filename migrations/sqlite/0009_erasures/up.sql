-- Requests to erase what is stored about a person. A completed one is a receipt: counts without a name.
CREATE TABLE erasure (
    erasure_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT erasure_id_is_positive CHECK (erasure_id > 0),
    requested_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(requested_at, 1, 19), '+0 days') IS substr(requested_at, 1, 19)),
    completed_at TIMESTAMP
        CHECK (datetime(substr(completed_at, 1, 19), '+0 days') IS substr(completed_at, 1, 19)),
    -- Numbers of rows that were erased so far.
    participations BIGINT NOT NULL DEFAULT 0,
    standard_imgs BIGINT NOT NULL DEFAULT 0,
    feeds BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0
);

-- Participations of erasures that are not completed.
CREATE TABLE erasure_participation (
    erasure_id BIGINT NOT NULL,
    participation_id BIGINT NOT NULL,
    PRIMARY KEY (erasure_id, participation_id)
);

CREATE INDEX participation_user ON participation (user_id);
CREATE INDEX photo_trace_replay_of ON photo_trace (replay_of) WHERE replay_of IS NOT NULL;
