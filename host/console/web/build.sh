#!/bin/sh
# Builds the console's pages: host/console/web/dist, which the daemon carries inside it.
#
#   host/console/web/build.sh
#
# `node.sh` finds Node.js, or says which is wanted. Fetches packages only when they are missing or older than the lock.
set -eu

cd "$(dirname "$0")"

. ./node.sh

# npm writes this file last of all.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund
  touch node_modules/.package-lock.json
fi
npm run --silent build
