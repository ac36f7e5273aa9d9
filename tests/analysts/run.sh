#!/bin/sh
# Has DuckDB read the tables of a demonstration and compares what it counts with what Proviso says. The folder of builds and the number of messages
# are the arguments.
set -eu
target=$1
messages=$2
here=$(cd "$(dirname "$0")" && pwd)
folder=$target/analysts
proviso=$target/release/proviso
config=$folder/demo/proviso.toml
rm -rf "$folder/demo" "$folder/tables"
mkdir -p "$folder"
"$proviso" demo --messages "$messages" --dir "$folder/demo" >/dev/null
begun=$(date +%s%3N)
"$proviso" archive tables --reason 'make analysts' --to 'duckdb' --out "$folder/tables" --config "$config"
echo "written in $(($(date +%s%3N) - begun)) ms"
"$proviso" archive stats --format json --config "$config" >"$folder/stats.json"
venv=$folder/venv
if [ ! -x "$venv/bin/python" ]; then python3 -m venv "$venv"; fi
"$venv/bin/pip" install -q duckdb==2.0.1
cd "$folder/tables"
exec "$venv/bin/python" "$here/compare.py" ../stats.json "$here/../../docs/analysts.md"
