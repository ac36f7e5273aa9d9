#!/bin/sh
# Makes sure of what the build needs beside rustup's toolchain: a C compiler, for the bundled SQLite. With `tests`, also of
# the programs that the tests hold signatures and packs against: minisign, skopeo, docker-registry and openssl.
set -eu
missing=
if ! command -v cc >/dev/null; then missing="gcc libc6-dev"; fi
if [ "${1:-}" = tests ]; then
    for program in minisign skopeo docker-registry openssl; do
        if ! command -v "$program" >/dev/null; then missing="$missing $program"; fi
    done
fi
if [ -z "$missing" ]; then exit 0; fi
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else
        echo "programs are missing: sudo apt-get install $missing" >&2
        exit 1
    fi
    $sudo apt-get update -q >&2
    # shellcheck disable=SC2086 # the packages are words of their own
    exec $sudo apt-get install -y -q $missing >&2
fi
echo "programs are missing: install $missing" >&2
exit 1
