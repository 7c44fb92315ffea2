//! Checks that the migrations of both databases create the same tables.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{database, other_program, postgres};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use tempfile::TempDir;

/// Queries that list the columns, one line each: for SQLite, then for PostgreSQL.
const COLUMNS: [&str; 2] = [
    "SELECT concat_ws(' ', tables.name, columns.cid, columns.name,
         CASE columns.type
             WHEN 'INTEGER' THEN 'bigint'
             WHEN 'BLOB' THEN 'bytea'
             WHEN 'TIME' THEN 'time without time zone'
             WHEN 'TIMESTAMP' THEN 'timestamp without time zone'
             ELSE lower(columns.type)
         END,
         CASE WHEN columns.\"notnull\" THEN 'not null' END,
         CASE WHEN columns.pk THEN 'primary key' END,
         columns.dflt_value
     ) AS text
     FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%' AND tables.name NOT LIKE '__diesel%'",
    "SELECT concat_ws(' ', columns.table_name, columns.ordinal_position - 1, columns.column_name,
         columns.data_type,
         CASE columns.is_nullable WHEN 'NO' THEN 'not null' END,
         CASE WHEN keys.column_name IS NOT NULL THEN 'primary key' END,
         replace(columns.column_default, '::text', '')
     ) AS text
     FROM information_schema.columns
     JOIN information_schema.tables USING (table_schema, table_name)
     LEFT JOIN information_schema.table_constraints AS primary_keys ON
         primary_keys.table_name = columns.table_name
         AND primary_keys.constraint_type = 'PRIMARY KEY'
     LEFT JOIN information_schema.key_column_usage AS keys ON
         keys.constraint_name = primary_keys.constraint_name
         AND keys.column_name = columns.column_name
     WHERE columns.table_schema = 'public' AND tables.table_type = 'BASE TABLE'
         AND columns.table_name NOT LIKE '\\_\\_diesel%'",
];

const VIEWS: [&str; 2] = [
    "SELECT concat_ws(' ', views.name, columns.cid, columns.name) AS text
     FROM pragma_table_list AS views, pragma_table_info(views.name) AS columns
     WHERE views.type = 'view'",
    "SELECT concat_ws(' ', table_name, ordinal_position - 1, column_name) AS text
     FROM information_schema.columns JOIN information_schema.views USING (table_schema, table_name)
     WHERE table_schema = 'public'",
];

const INDEXES: [&str; 2] = [
    "SELECT concat_ws(' ', tables.name, indexes.name, CASE WHEN indexes.\"unique\" THEN 'unique' END,
         (SELECT group_concat(name, ', ') FROM (
             SELECT name FROM pragma_index_info(indexes.name) ORDER BY seqno
         ))
     ) AS text
     FROM pragma_table_list AS tables, pragma_index_list(tables.name) AS indexes
     WHERE indexes.origin = 'c'",
    "SELECT concat_ws(' ', tables.relname, indexes.relname, CASE WHEN indisunique THEN 'unique' END,
         (SELECT string_agg(attname, ', ' ORDER BY position)
          FROM unnest(indkey) WITH ORDINALITY AS keys (attnum, position)
          JOIN pg_attribute USING (attnum) WHERE attrelid = indrelid)
     ) AS text
     FROM pg_index
     JOIN pg_class AS tables ON tables.oid = indrelid
     JOIN pg_class AS indexes ON indexes.oid = indexrelid
     WHERE tables.relnamespace = 'public'::regnamespace AND NOT indisprimary",
];

const FOREIGN_KEYS: [&str; 2] = [
    "SELECT concat_ws(' ', tables.name, keys.\"from\", keys.\"table\", keys.\"to\") AS text
     FROM pragma_table_list AS tables, pragma_foreign_key_list(tables.name) AS keys",
    "SELECT concat_ws(' ', conrelid::regclass, ours.attname, confrelid::regclass, theirs.attname)
         AS text
     FROM pg_constraint
     JOIN pg_attribute AS ours ON ours.attrelid = conrelid AND ours.attnum = conkey[1]
     JOIN pg_attribute AS theirs ON theirs.attrelid = confrelid AND theirs.attnum = confkey[1]
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
];

/// Queries that list the constraints. SQLite does not list them, so the table's statement is used.
const CONSTRAINTS: [&str; 2] = [
    "SELECT name || ' ' || sql AS text FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL",
    "SELECT concat_ws(' ', conrelid::regclass, conname) AS text FROM pg_constraint
     WHERE contype IN ('c', 'f', 'u', 'x') AND connamespace = 'public'::regnamespace",
];

#[tokio::test]
async fn sqlite_and_postgres_have_the_same_tables() {
    let directory = TempDir::new().unwrap();
    database(&directory).await;
    let (_, address) = postgres::database().await;
    for ([sqlite, postgres], least) in [(COLUMNS, 20), (VIEWS, 9), (INDEXES, 6), (FOREIGN_KEYS, 4)]
    {
        let lines = sorted(texts(&directory, sqlite));
        assert!(lines.len() >= least, "{lines:#?}");
        assert_eq!(lines, sorted(postgres::texts(&address, postgres).await));
    }

    let [sqlite, postgres] = CONSTRAINTS;
    let mut names = Vec::new();
    for table in texts(&directory, sqlite) {
        let (table, statement) = table.split_once(' ').unwrap();
        let constraints = statement.split("CONSTRAINT ").skip(1);
        names.extend(
            constraints.map(|rest| format!("{table} {}", rest.split_whitespace().next().unwrap())),
        );
    }
    assert!(names.len() >= 10, "{names:#?}");
    assert_eq!(sorted(names), sorted(postgres::texts(&address, postgres).await));
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Returns the first column, named `text`, of a query on SQLite.
fn texts(directory: &TempDir, query: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }

    let rows: Vec<Row> = diesel::sql_query(query).load(&mut other_program(directory)).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}
