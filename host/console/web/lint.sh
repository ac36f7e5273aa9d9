#!/bin/sh
# Checks types, rules and form of the console's pages.
set -eu
cd "$(dirname "$0")"
. ./node.sh
npm run --silent lint
