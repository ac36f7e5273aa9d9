#!/bin/sh
# Builds the verifier's page, one file: target/proviso-verify.html. The module, and what puts it into the page, with cargo.
#
#   host/verify-page/build.sh
#
# WASM_TOOLCHAIN, CARGO_TARGET_DIR and CARGO_FLAGS: see `plugins/wasm.sh`.
set -eu

cd "$(dirname "$0")/../.."
. plugins/wasm.sh

toolchain=$(choose_toolchain)
hide_folders
# It ends in `exec`: a process of its own.
(build_modules "$toolchain" proviso-verify-page)
# Of the workspace: with its features what this compiles serves the tests as well.
# shellcheck disable=SC2086 # flags are words of their own
cargo build ${CARGO_FLAGS:-} --release --workspace --bin proviso-verify-page
"$target_dir/release/proviso-verify-page" "$(modules_of "$toolchain")/proviso_verify_page.wasm" "$target_dir/proviso-verify.html"
