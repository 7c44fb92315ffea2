-- Keys of servers that call the service, without their secrets.
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
