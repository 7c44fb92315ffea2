-- Keys of servers that call the service, without their secrets.
CREATE TABLE api_key (
    key_id TEXT PRIMARY KEY CONSTRAINT api_key_has_an_id CHECK (key_id <> ''),
    -- Name of the server; several keys may have one name.
    name TEXT NOT NULL CONSTRAINT api_key_has_a_name CHECK (name <> ''),
    -- SHA-256 of the secret.
    secret_sha256 BYTEA NOT NULL
        CONSTRAINT api_key_secret_is_a_digest CHECK (length(secret_sha256) = 32),
    -- Names of scopes, separated by spaces.
    scopes TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    revoked_at TIMESTAMP,
    last_used_at TIMESTAMP
);
