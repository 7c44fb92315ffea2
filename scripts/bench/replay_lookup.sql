-- Duration of the look-up of near hashes in as many hashes as ten million photos have.
--
-- A look-up reads 128 values of bands. How long that takes depends on the number of entries per value, not on the
-- number of bands, so three of the sixteen bands are filled: 30 million entries, 153 per value, 2.2 GB.
\set ON_ERROR_STOP on
CREATE UNLOGGED TABLE photo_trace_band (band BIGINT NOT NULL, photo_trace_id BIGINT NOT NULL);
SELECT setseed(0.5);
INSERT INTO photo_trace_band
SELECT (place << 16) + floor(random() * 65536)::BIGINT, id
FROM generate_series(0, 2) AS place, generate_series(1, 10000000) AS id;
SET maintenance_work_mem = '512MB';
ALTER TABLE photo_trace_band ADD PRIMARY KEY (band, photo_trace_id);
VACUUM ANALYZE photo_trace_band;
SELECT pg_size_pretty(pg_total_relation_size('photo_trace_band')) AS size;

-- The query of crates/storage/src/db/repositories/traces.rs for random variants.
CREATE FUNCTION look_up_query(variants INT) RETURNS TEXT LANGUAGE SQL VOLATILE AS $$
    SELECT format(
        'SELECT photo_trace_id FROM (SELECT photo_trace_id FROM photo_trace_band WHERE band IN (%s) '
        || 'LIMIT 100000) AS entries GROUP BY photo_trace_id HAVING count(*) >= 2 '
        || 'ORDER BY count(*) DESC, photo_trace_id DESC LIMIT 100',
        string_agg(((place % 3 << 16) + floor(random() * 65536)::BIGINT)::TEXT, ', ')
    )
    FROM generate_series(0, variants * 16 - 1) AS place
$$;

CREATE TABLE took (variants INT, run INT, ms DOUBLE PRECISION);
DO $$
DECLARE
    query TEXT;
    begun TIMESTAMPTZ;
BEGIN
    FOR run IN 1..200 LOOP
        FOR eights IN 1..3 LOOP
            query := look_up_query(8 * eights);
            begun := clock_timestamp();
            EXECUTE query;
            INSERT INTO took VALUES (8 * eights, run, extract(EPOCH FROM clock_timestamp() - begun) * 1000);
        END LOOP;
    END LOOP;
END
$$;
SELECT variants, count(*) AS runs,
    round(min(ms)::NUMERIC, 1) AS min_ms,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::NUMERIC, 1) AS median_ms,
    round(percentile_cont(0.95) WITHIN GROUP (ORDER BY ms)::NUMERIC, 1) AS p95_ms
FROM took WHERE run > 20 GROUP BY variants ORDER BY variants;
-- The processor time of single look-ups, which other work on the machine does not change.
\o /dev/null
SET client_min_messages = log;
SET log_statement_stats = on;
SELECT look_up_query(8) FROM generate_series(1, 20) \gexec
SET log_statement_stats = off;
\o
SELECT look_up_query(8) AS query \gset
EXPLAIN (ANALYZE, BUFFERS, SUMMARY) :query;
DROP TABLE photo_trace_band, took;
