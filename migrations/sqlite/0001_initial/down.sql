DROP VIEW injeung_participation;
DROP TABLE object_reservation;
DROP TABLE feed;
DROP TABLE reference_features;
DROP TABLE auth_standard_img;
DROP TABLE participation;
DROP TABLE challenge_group;
