DROP TABLE group_match;
