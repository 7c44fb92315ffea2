-- What is kept of accepted photos and references, so that they are recognised when they are sent again.
-- No foreign keys, so that feed can be partitioned. Ids never repeat, and within one search area they are
-- in the order of the commits, because a transaction first locks the area in replay_area.
CREATE TABLE photo_trace (
    photo_trace_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT photo_trace_id_is_positive CHECK (photo_trace_id > 0),
    participation_id BIGINT NOT NULL,
    -- Group of the participation when the photo was accepted.
    challenge_group_id BIGINT NOT NULL,
    image_url TEXT NOT NULL CONSTRAINT photo_trace_has_a_photo CHECK (image_url <> ''),
    -- SHA-256 of the compressed pixels, without metadata.
    pixels_sha256 BLOB NOT NULL
        CONSTRAINT photo_trace_pixels_are_a_digest CHECK (length(pixels_sha256) = 32),
    -- Perceptual hash; null for a picture with too little content.
    hash BLOB CONSTRAINT photo_trace_hash_has_256_bits CHECK (length(hash) = 32),
    points BLOB NOT NULL,
    -- How the photo equals an earlier one, if it was accepted all the same, and that photo's URL.
    replay TEXT CONSTRAINT photo_trace_replay_is_known CHECK (replay IN ('same_pixels', 'near_copy')),
    replay_of TEXT
);

CREATE INDEX photo_trace_pixels ON photo_trace (pixels_sha256);
CREATE INDEX photo_trace_participation ON photo_trace (participation_id, photo_trace_id);
CREATE INDEX photo_trace_challenge_group ON photo_trace (challenge_group_id, photo_trace_id);

-- The 16 bands of each hash: the place of the band times 65536, plus its 16 bits.
CREATE TABLE photo_trace_band (
    band BIGINT NOT NULL,
    photo_trace_id BIGINT NOT NULL,
    PRIMARY KEY (band, photo_trace_id)
);

CREATE INDEX photo_trace_band_photo ON photo_trace_band (photo_trace_id);

-- Rows to lock: transactions that add traces to one search area run one after another.
CREATE TABLE replay_area (
    area TEXT PRIMARY KEY NOT NULL CONSTRAINT replay_area_has_a_name CHECK (area <> '')
);
