-- Features in several formats side by side, so that two versions of the service that run at once do
-- not replace each other's. Those in the older format are deleted some days after superseded_at.
ALTER TABLE reference_features
    DROP CONSTRAINT reference_features_pkey,
    ADD PRIMARY KEY (auth_standard_img_id, algorithm, version),
    ADD COLUMN superseded_at TIMESTAMP;

CREATE INDEX reference_features_superseded ON reference_features (superseded_at);
