DROP TABLE attempt_review;
DROP TABLE attempt;
