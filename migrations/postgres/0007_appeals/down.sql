ALTER TABLE attempt DROP COLUMN appeal_text;
ALTER TABLE attempt DROP COLUMN appealed_at;
