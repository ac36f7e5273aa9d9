#!/bin/sh
# Makes sure of what the build needs beside rustup's toolchain: a C compiler, for the bundled SQLite.
set -eu
if command -v cc >/dev/null; then exit 0; fi
packages="gcc libc6-dev"
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else
        echo "no C compiler: sudo apt-get install $packages" >&2
        exit 1
    fi
    $sudo apt-get update -q >&2
    # shellcheck disable=SC2086 # the packages are words of their own
    exec $sudo apt-get install -y -q $packages >&2
fi
echo "no C compiler (cc): install one" >&2
exit 1
