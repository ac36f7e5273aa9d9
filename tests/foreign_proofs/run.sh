#!/bin/sh
# Has a log that host/proof wrote verified by programs of others, in Go and in Python, and exports by one that has nothing of Proviso. The folder of
# builds is the argument.
set -eu
target=$1
here=$(dirname "$0")
log=$target/foreign-proofs/log
rm -rf "$log"

# Exports, by a program that has nothing of Proviso.
exports=$target/foreign-proofs/exports
rm -rf "$exports"
for tar in "$here"/../../host/verify/tests/golden/*.tar; do
    folder=$exports/$(basename "$tar" .tar)
    mkdir -p "$folder"
    tar -xf "$tar" -C "$folder"
    python3 "$here/evidence.py" "$folder"
done

cargo run --release -q -p proviso-proof --example foreign -- "$log" 70000

# Go has the package as Debian brings it, without a proxy of modules.
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb ]; then
    apt-get update -q >&2
    apt-get install -y -q --no-install-recommends golang-go golang-golang-x-mod-dev >&2
fi
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$(cd "$target" && pwd)/foreign-proofs/go" \
    go run "$here/verify.go" "$log"

# aics-tlog asks for Python 3.12 or newer; PYENV_VERSION names one where pyenv has it.
for python in python3 python3.13 python3.12; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        venv=$target/foreign-proofs/venv
        if [ ! -x "$venv/bin/python" ]; then "$python" -m venv "$venv"; fi
        "$venv/bin/pip" install -q aics-tlog==0.2.1
        exec "$venv/bin/python" "$here/verify.py" "$log"
    fi
done
echo "aics-tlog was not asked: it needs Python 3.12 or newer" >&2
exit 1
