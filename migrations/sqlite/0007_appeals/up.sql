-- Appeal of a participant against a rejection; null without one.
ALTER TABLE attempt ADD COLUMN appealed_at TIMESTAMP
    CHECK (datetime(substr(appealed_at, 1, 19), '+0 days') IS substr(appealed_at, 1, 19));
ALTER TABLE attempt ADD COLUMN appeal_text TEXT;
