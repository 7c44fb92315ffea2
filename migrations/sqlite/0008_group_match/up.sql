-- What the photos of a group have to share with their reference: the place, or the place and the things in it. A group
-- without a row has the mode 'place'. The view injeung_participation does not change, because apps replace it; so there
-- is no foreign key either.
CREATE TABLE group_match (
    challenge_group_id BIGINT NOT NULL PRIMARY KEY
        CONSTRAINT group_match_group_is_positive CHECK (challenge_group_id > 0),
    match TEXT NOT NULL CONSTRAINT group_match_is_known CHECK (match IN ('place', 'thing'))
);
