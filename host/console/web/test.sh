#!/bin/sh
# Tests the console's pages: their logic, and what was built in a browser, beside a server of their own.
#
#   host/console/web/build.sh && host/console/web/test.sh
#
# Needs Debian's chromium, or the program that PROVISO_CHROMIUM names.
set -eu
cd "$(dirname "$0")"
. ./node.sh
npm test --silent
npm run --silent test:browser
