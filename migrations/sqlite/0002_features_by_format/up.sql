-- Features in several formats side by side, so that two versions of the service that run at once do
-- not replace each other's. Those in the older format are deleted some days after superseded_at.
-- SQLite cannot change a primary key, so the rows move to a new table.
CREATE TABLE new_reference_features (
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

INSERT INTO new_reference_features
SELECT auth_standard_img_id, algorithm, version, features, NULL FROM reference_features;

DROP TABLE reference_features;
ALTER TABLE new_reference_features RENAME TO reference_features;
CREATE INDEX reference_features_superseded ON reference_features (superseded_at);
