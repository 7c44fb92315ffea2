DROP TABLE replay_area;
DROP TABLE photo_trace_band;
DROP TABLE photo_trace;
