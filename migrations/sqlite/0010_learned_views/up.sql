-- Accepted photos that later photos are compared with, if the reference does not recognise them (rules.learn_views). A row is
-- deleted with its reference and with either of its vouchers. The service deletes it with its feed row, without a foreign
-- key, so that feed can be partitioned.
CREATE TABLE learned_view (
    learned_view_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
        CONSTRAINT learned_view_id_is_positive CHECK (learned_view_id > 0),
    auth_standard_img_id BIGINT NOT NULL
        CONSTRAINT learned_view_has_a_reference
        REFERENCES auth_standard_img (auth_standard_img_id) ON DELETE CASCADE,
    feed_id BIGINT NOT NULL,
    -- The two views that the photo matches; null if it matches the reference itself.
    first_voucher BIGINT
        CONSTRAINT learned_view_first_voucher_is_a_view
        REFERENCES learned_view (learned_view_id) ON DELETE CASCADE,
    second_voucher BIGINT
        CONSTRAINT learned_view_second_voucher_is_a_view
        REFERENCES learned_view (learned_view_id) ON DELETE CASCADE,
    algorithm TEXT NOT NULL,
    version BIGINT NOT NULL
        CONSTRAINT learned_view_version_is_unsigned CHECK (version BETWEEN 0 AND 4294967295),
    features BLOB NOT NULL,
    -- When the view was learned, or recognised a photo last.
    used_at TIMESTAMP NOT NULL
        CHECK (datetime(substr(used_at, 1, 19), '+0 days') IS substr(used_at, 1, 19)),
    CONSTRAINT learned_view_has_two_vouchers_or_none
        CHECK ((first_voucher IS NULL) = (second_voucher IS NULL))
);

CREATE INDEX learned_view_reference ON learned_view (auth_standard_img_id, learned_view_id);
CREATE UNIQUE INDEX learned_view_feed ON learned_view (feed_id, algorithm, version);
CREATE INDEX learned_view_first_voucher ON learned_view (first_voucher)
    WHERE first_voucher IS NOT NULL;
CREATE INDEX learned_view_second_voucher ON learned_view (second_voucher)
    WHERE second_voucher IS NOT NULL;
