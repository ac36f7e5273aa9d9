#!/bin/sh
# Makes sure of what the build needs beside rustup's toolchain: a C compiler, for the bundled SQLite. With `pages`, also of Node.js with
# npm, for the console's pages. With `tests`, also of the programs that the tests hold signatures and packs against, minisign, skopeo,
# docker-registry, openssl and softhsm2, of those that build plugins in other languages, clang with its linker, Node.js with npm, Python
# with what makes its environments, and of Chromium, in which the pages are tried.
set -eu
missing=
if ! command -v cc >/dev/null; then missing="gcc libc6-dev"; fi
if [ "${1:-}" = pages ] || [ "${1:-}" = tests ]; then
    if ! command -v node >/dev/null; then missing="$missing nodejs"; fi
    if ! command -v npm >/dev/null; then missing="$missing npm"; fi
fi
if [ "${1:-}" = tests ]; then
    for program in minisign skopeo docker-registry openssl; do
        if ! command -v "$program" >/dev/null; then missing="$missing $program"; fi
    done
    if ! command -v softhsm2-util >/dev/null; then missing="$missing softhsm2"; fi
    if ! command -v clang >/dev/null; then missing="$missing clang"; fi
    if ! command -v wasm-ld >/dev/null; then missing="$missing lld"; fi
    if ! command -v chromium >/dev/null; then missing="$missing chromium"; fi
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then missing="$missing python3 python3-venv"; fi
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
