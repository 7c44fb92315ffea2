DROP INDEX photo_trace_replay_of;
DROP INDEX participation_user;
DROP TABLE erasure_participation;
DROP TABLE erasure;
