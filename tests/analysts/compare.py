"""Counts in the tables of the working folder by DuckDB, and compares with what `proviso archive stats` says; runs the queries of docs/analysts.md."""

import hashlib
import json
import re
import sys

import duckdb

stats = json.load(open(sys.argv[1], encoding="utf-8"))
page = open(sys.argv[2], encoding="utf-8").read()
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
for table in ("messages", "findings", "retention"):
    database.execute(f"CREATE VIEW {table} AS SELECT * FROM '{table}.parquet'")
failed = 0


def rows(sql):
    return database.execute(sql).fetchall()


def compare(what, found, expected):
    """One line for each comparison."""
    global failed
    same = found == expected
    failed += not same
    print(f"{'same' if same else 'DIFFERENT'}: {what}: {len(expected) if isinstance(expected, list) else expected}")
    if not same:
        print(f"  tables:  {found}\n  proviso: {expected}")


def by(keys, counts, key):
    """Rows of the statistics as the queries give them."""
    return sorted(tuple(row[name] for name in keys + counts) for row in stats[key])


compare(
    "messages by tenant, channel and kind",
    sorted(rows("SELECT tenant, channel, kind, count(*) FROM messages GROUP BY ALL")),
    by(["tenant", "channel", "kind"], ["messages"], "messages"),
)
compare(
    "findings by rule and severity, and their messages",
    sorted(rows("SELECT pack, policy, rule, severity, shadow, count(*), count(DISTINCT message) FROM findings GROUP BY ALL")),
    by(["pack", "policy", "rule", "severity", "shadow"], ["findings", "messages"], "findings"),
)
cited = [row for row in stats["retention"] if row["statute"]]
compare(
    "messages by the rule that decided, and their last days",
    sorted(
        rows(
            """SELECT rule, law, article, count(DISTINCT message), count(keep_until), min(keep_until)::VARCHAR, max(keep_until)::VARCHAR
               FROM retention WHERE rule IS NOT NULL GROUP BY ALL"""
        ),
        key=str,
    ),
    sorted(
        (
            (row["statute"]["rule"], row["statute"]["law"], row["statute"]["article"])
            + tuple(row.get(name) for name in ("messages", "dated", "first_until", "last_until"))
            for row in cited
        ),
        key=str,
    ),
)
compare(
    "messages that no rule decided on, by ground",
    sorted(rows("SELECT ground, count(*) FROM retention WHERE rule IS NULL GROUP BY ALL")),
    sorted((row.get("why"), row["messages"]) for row in stats["retention"] if not row["statute"]),
)
one = lambda sql: rows(sql)[0][0]
compare("messages that wait", one("SELECT count(*) FROM messages WHERE waiting"), stats["held_open"])
compare("messages that are withheld", one("SELECT count(*) FROM messages WHERE withheld IS NOT NULL"), stats["withheld"])
compare("messages with a last day", one("SELECT count(DISTINCT message) FROM retention WHERE keep_until IS NOT NULL"), stats["dated"])
total = sum(row["messages"] for row in stats["messages"])
compare("messages, each once", one("SELECT count(DISTINCT message) FROM messages"), total)
# Joins over the three tables.
compare("findings without a message", one("SELECT count(*) FROM findings ANTI JOIN messages USING (message)"), 0)
compare("retention without a message", one("SELECT count(*) FROM retention ANTI JOIN messages USING (message)"), 0)
compare(
    "findings, joined with messages and what they are kept by",
    sorted(
        rows(
            """SELECT f.pack, f.policy, f.rule, f.severity, f.shadow, count(DISTINCT (f.message, f.severity))
               FROM findings f JOIN messages m USING (message) LEFT JOIN (SELECT DISTINCT message FROM retention) r USING (message) GROUP BY ALL"""
        )
    ),
    by(["pack", "policy", "rule", "severity", "shadow"], ["messages"], "findings"),
)
manifest = json.load(open("manifest.json", encoding="utf-8"))
for file in manifest["files"]:
    data = open(file["path"], "rb").read()
    compare(f"SHA-256 of {file['path']}", hashlib.sha256(data).hexdigest(), file["sha256"])
    compare(f"rows of {file['path']}", one(f"SELECT count(*) FROM '{file['path']}'"), file["rows"])
# The queries of the page, as they stand there.
queries = [sql.replace("q3/", "") for sql in re.findall(r"```sql\n(.*?)```", page, re.S)]
assert queries, "the page has no queries"
for sql in queries:
    found = rows(sql)
    compare("a query of docs/analysts.md finds something", bool(found), True)
    for row in found[:3]:
        print("  ", *row)
types = dict(row[:2] for table in ("messages", "retention") for row in rows(f"DESCRIBE {table}"))
compare("type of sent_at", types["sent_at"], "TIMESTAMP WITH TIME ZONE")
compare("type of keep_until", types["keep_until"], "DATE")
sys.exit(bool(failed))
