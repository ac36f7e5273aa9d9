//! The least that a program does that keeps the same messages: it reads their lines, and writes the rows that `proviso serve` made of them into an
//! empty database of the same schema, in the same transactions, with the same settings. It judges, seals and logs nothing: the rows lie in memory
//! before the clock starts.

use anyhow::{Context, ensure};
use clap::Parser;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What the archive sets on the connection that writes.
const SETTINGS: [(&str, &str); 9] = [
    ("journal_mode", "WAL"),
    ("synchronous", "FULL"),
    ("foreign_keys", "ON"),
    ("cache_size", "-32768"),
    ("wal_autocheckpoint", "8192"),
    ("journal_size_limit", "67108864"),
    ("temp_store", "MEMORY"),
    ("trusted_schema", "OFF"),
    ("secure_delete", "ON"),
];

/// Writes the rows of an archive into an empty database.
#[derive(Debug, Parser)]
struct Cli {
    /// The archive, which nobody writes.
    #[arg(long)]
    archive: PathBuf,
    /// The database to make.
    #[arg(long)]
    out: PathBuf,
    /// The lines that the archive was made of.
    lines: Vec<PathBuf>,
}

/// What goes into a table in each transaction.
struct Table {
    insert: String,
    rows: BTreeMap<usize, Vec<Vec<Value>>>,
}

/// A transaction of the archive: its leaf, and its messages.
struct Transaction {
    leaf: i64,
    first: i64,
    messages: i64,
}

fn main() -> anyhow::Result<()> {
    let args = Cli::parse();
    let made = Connection::open_with_flags(&args.archive, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let transactions = transactions(&made)?;
    let tables = tables(&made, &transactions)?;
    let mut out = prepared(&made, &args.out)?;
    let lines = args.lines.iter().map(|path| lines_of(path));
    let mut lines = lines.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten();

    let (started, mut read, mut written) = (Instant::now(), 0_u64, 0_u64);
    for (at, transaction) in transactions.iter().enumerate() {
        for _ in 0..transaction.messages {
            let line = lines
                .next()
                .context("the archive has more messages than there are lines")??;
            let parsed: serde_json::Value = serde_json::from_str(&line)?;
            ensure!(parsed["id"].is_string(), "a line without an identifier");
            read += 1;
        }
        let transaction = out.transaction()?;
        transaction.pragma_update(None, "defer_foreign_keys", "ON")?;
        for table in &tables {
            let Some(rows) = table.rows.get(&at) else { continue };
            let mut insert = transaction.prepare_cached(&table.insert)?;
            for row in rows {
                insert.execute(rusqlite::params_from_iter(row))?;
                written += 1;
            }
        }
        transaction.commit()?;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{{\"messages\":{read},\"rows\":{written},\"seconds\":{seconds}}}");
    Ok(())
}

fn lines_of(path: &Path) -> anyhow::Result<std::io::Lines<BufReader<File>>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(BufReader::new(file).lines())
}

fn transactions(made: &Connection) -> anyhow::Result<Vec<Transaction>> {
    let mut query = made.prepare("SELECT leaf, first_message, messages FROM log_leaves ORDER BY leaf")?;
    let rows = query.query_map([], |row| {
        Ok(Transaction {
            leaf: row.get(0)?,
            first: row.get::<_, Option<i64>>(1)?.unwrap_or(0),
            messages: row.get::<_, Option<i64>>(2)?.unwrap_or(0),
        })
    })?;
    let transactions = rows.collect::<Result<Vec<_>, _>>()?;
    ensure!(!transactions.is_empty(), "the archive has no transactions");
    Ok(transactions)
}

/// The rows of each table by the transaction that they belong to: that of their leaf, else of their message, else the first, as names that others
/// refer to.
fn tables(made: &Connection, transactions: &[Transaction]) -> anyhow::Result<Vec<Table>> {
    let names: Vec<String> = made
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let parents: BTreeSet<String> = made
        .prepare(
            "SELECT f.\"table\" FROM sqlite_schema s JOIN pragma_foreign_key_list(s.name) f
             WHERE s.type = 'table' AND coalesce(f.\"to\", f.\"from\") <> 'message'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let of_leaf = |leaf: i64| transactions.iter().position(|one| one.leaf == leaf);
    let mut by_message: Vec<(i64, usize)> = transactions
        .iter()
        .enumerate()
        .filter(|(_, one)| one.messages > 0)
        .map(|(at, one)| (one.first, at))
        .collect();
    by_message.sort_unstable();
    let of_message = |message: i64| {
        let behind = by_message.partition_point(|(first, _)| *first <= message);
        behind.checked_sub(1).map(|at| by_message[at].1)
    };
    let mut tables = Vec::new();
    for name in names {
        let mut query = made.prepare(&format!("SELECT * FROM \"{name}\""))?;
        let columns: Vec<String> = query.column_names().into_iter().map(str::to_owned).collect();
        let column = |wanted: &str| columns.iter().position(|column| column == wanted);
        // What others refer to is there before them: a state of a fold, which names the last message that changed it, before its steps.
        let message = column("message").filter(|_| !parents.contains(&name));
        let leaf = column("leaf").filter(|_| name.starts_with("log_"));
        let mut rows: BTreeMap<usize, Vec<Vec<Value>>> = BTreeMap::new();
        let mut found = query.query([])?;
        while let Some(row) = found.next()? {
            let values = (0..columns.len()).map(|at| row.get(at));
            let values: Vec<Value> = values.collect::<Result<_, _>>()?;
            let number = |at: Option<usize>| match at.map(|at| &values[at]) {
                Some(Value::Integer(number)) => Some(*number),
                _ => None,
            };
            let of = number(leaf)
                .and_then(of_leaf)
                .or_else(|| number(message).and_then(of_message));
            rows.entry(of.unwrap_or(0)).or_default().push(values);
        }
        let places = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT INTO \"{name}\" VALUES ({places})");
        tables.push(Table { insert, rows });
    }
    Ok(tables)
}

/// An empty database with the tables, indexes, triggers and views of the archive.
fn prepared(made: &Connection, out: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(out)?;
    for (name, value) in SETTINGS {
        connection.pragma_update(None, name, value)?;
    }
    let mut query = made.prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
         ORDER BY type = 'trigger', type = 'view', type = 'index', rowid",
    )?;
    let statements: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for sql in statements {
        connection.execute_batch(&sql)?;
    }
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}
