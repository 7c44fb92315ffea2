-- One format a reference is left.
DELETE FROM reference_features AS older
USING reference_features AS newer
WHERE older.auth_standard_img_id = newer.auth_standard_img_id
    AND (older.algorithm, older.version) < (newer.algorithm, newer.version);

DROP INDEX reference_features_superseded;
ALTER TABLE reference_features
    DROP CONSTRAINT reference_features_pkey,
    ADD PRIMARY KEY (auth_standard_img_id),
    DROP COLUMN superseded_at;
