-- Appeal of a participant against a rejection; null without one.
ALTER TABLE attempt ADD COLUMN appealed_at TIMESTAMP;
ALTER TABLE attempt ADD COLUMN appeal_text TEXT;
