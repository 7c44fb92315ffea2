CREATE TABLE old_reference_features (
    auth_standard_img_id INTEGER PRIMARY KEY NOT NULL
        CONSTRAINT reference_features_have_a_reference
        REFERENCES auth_standard_img (auth_standard_img_id),
    algorithm TEXT NOT NULL,
    version BIGINT NOT NULL
        CONSTRAINT reference_features_version_is_unsigned CHECK (version BETWEEN 0 AND 4294967295),
    features BLOB NOT NULL
);

-- One format a reference is left.
INSERT OR REPLACE INTO old_reference_features
SELECT auth_standard_img_id, algorithm, version, features FROM reference_features
ORDER BY auth_standard_img_id, algorithm, version;

DROP TABLE reference_features;
ALTER TABLE old_reference_features RENAME TO reference_features;
