//! Many rows in one statement. Every statement is a journey to the connection's thread and back, and a multi-row `INSERT`
//! spreads it over its rows; few sizes keep the statements in the connection's cache.

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe};

/// Rows of one statement; a number of rows is made up of these.
const INSERT_ROWS: [usize; 10] = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1];
/// Wanted keys of one query; a smaller number is filled up with its last key.
const LOOKUP_KEYS: [usize; 4] = [1, 8, 64, 512];

/// The values of a statement's parameters, in order.
#[derive(Default)]
pub(super) struct Values {
    arguments: SqliteArguments,
}

impl Values {
    pub(super) fn int(&mut self, value: i64) -> &mut Self {
        self.add(value)
    }

    /// A count that cannot exceed what SQLite can hold, save by a source's lie; it is then the largest that can.
    pub(super) fn count(&mut self, value: u64) -> &mut Self {
        self.add(i64::try_from(value).unwrap_or(i64::MAX))
    }

    pub(super) fn maybe_int(&mut self, value: Option<i64>) -> &mut Self {
        self.add(value)
    }

    pub(super) fn real(&mut self, value: f64) -> &mut Self {
        self.add(value)
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.add(value)
    }

    pub(super) fn owned_text(&mut self, value: String) -> &mut Self {
        self.add(value)
    }

    pub(super) fn maybe_text(&mut self, value: Option<&str>) -> &mut Self {
        self.add(value)
    }

    pub(super) fn blob(&mut self, value: &[u8]) -> &mut Self {
        self.add(value)
    }

    fn add<'t, T: sqlx::Encode<'t, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(&mut self, value: T) -> &mut Self {
        self.arguments
            .add(value)
            .expect("texts, numbers and blobs have no encoding that fails");
        self
    }
}

/// Runs one statement with these values.
pub(super) async fn execute(
    connection: &mut SqliteConnection,
    sql: &'static str,
    values: Values,
) -> Result<(), sqlx::Error> {
    sqlx::query_with(sql, values.arguments).execute(connection).await?;
    Ok(())
}

/// Numbers as one parameter, for `json_each`.
pub(super) fn number_list(numbers: impl IntoIterator<Item = i64>) -> String {
    let numbers: Vec<i64> = numbers.into_iter().collect();
    serde_json::to_string(&numbers).expect("numbers have no encoding that fails")
}

/// `{head} VALUES (?, …), (?, …) {tail}`.
pub(super) struct Insert {
    pub(super) head: &'static str,
    pub(super) columns: usize,
    pub(super) tail: &'static str,
}

impl Insert {
    /// Inserts all rows. `bind` gives one row's values, as many as there are columns.
    pub(super) async fn run<T>(
        &self,
        connection: &mut SqliteConnection,
        mut rows: &[T],
        bind: impl Fn(&mut Values, &T),
    ) -> Result<(), sqlx::Error> {
        while !rows.is_empty() {
            let size = INSERT_ROWS
                .into_iter()
                .find(|size| *size <= rows.len())
                .expect("the last size is 1");
            let (chunk, rest) = rows.split_at(size);
            let mut values = Values::default();
            values.arguments.reserve(size * self.columns, 0);
            for row in chunk {
                bind(&mut values, row);
            }
            assert_eq!(values.arguments.len(), size * self.columns, "{}", self.head);
            let sql = format!("{} VALUES {} {}", self.head, tuples(size, self.columns), self.tail);
            sqlx::query_with(AssertSqlSafe(sql), values.arguments)
                .execute(&mut *connection)
                .await?;
            rows = rest;
        }
        Ok(())
    }
}

/// `WITH wanted ({columns}) AS (VALUES (?, …), …) {select}`.
pub(super) struct Lookup {
    pub(super) columns: &'static [&'static str],
    pub(super) select: &'static str,
}

impl Lookup {
    /// The rows for all keys. `bind` gives one key's values; a key may be asked for more than once in a statement, so the
    /// select has to give each row with its key.
    pub(super) async fn run<T>(
        &self,
        connection: &mut SqliteConnection,
        keys: &[T],
        bind: impl Fn(&mut Values, &T),
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        self.run_with(connection, keys, bind, |_| {}).await
    }

    /// The same for a select with parameters of its own, which `bind_select` gives.
    pub(super) async fn run_with<T>(
        &self,
        connection: &mut SqliteConnection,
        keys: &[T],
        bind: impl Fn(&mut Values, &T),
        bind_select: impl Fn(&mut Values),
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let largest = LOOKUP_KEYS[LOOKUP_KEYS.len() - 1];
        let mut rows = Vec::new();
        for chunk in keys.chunks(largest) {
            let size = LOOKUP_KEYS
                .into_iter()
                .find(|size| *size >= chunk.len())
                .unwrap_or(largest);
            let last = &chunk[chunk.len() - 1];
            let mut values = Values::default();
            for key in chunk.iter().chain(std::iter::repeat_n(last, size - chunk.len())) {
                bind(&mut values, key);
            }
            bind_select(&mut values);
            let columns = self.columns.join(", ");
            let tuples = tuples(size, self.columns.len());
            let sql = format!(
                "WITH wanted ({columns}) AS (SELECT DISTINCT * FROM (VALUES {tuples})) {}",
                self.select
            );
            rows.extend(
                sqlx::query_with(AssertSqlSafe(sql), values.arguments)
                    .fetch_all(&mut *connection)
                    .await?,
            );
        }
        Ok(rows)
    }
}

/// `(?, ?), (?, ?)`: parameters for some rows of some columns.
fn tuples(rows: usize, columns: usize) -> String {
    let tuple = format!("({})", vec!["?"; columns].join(", "));
    vec![tuple.as_str(); rows].join(", ")
}
