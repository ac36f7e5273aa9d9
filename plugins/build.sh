#!/bin/sh
# Builds the plugins: core modules with cargo, then components, target/plugins/NAME.wasm.
#
#   plugins/build.sh [--with-host] [NAME…]        all by default; with the host's binary, target/release/proviso, beside them
#
# The guests compile while the host's side does: different targets, different locks. The host's side is one call of cargo with
# the features of the whole workspace, which are those of `cargo test --workspace`: two calls for a package each would compile
# what both use twice, and the tests would compile the sandbox again.
#
# WASM_TOOLCHAIN, CARGO_TARGET_DIR and CARGO_FLAGS: see `wasm.sh` beside this file.
set -eu

cd "$(dirname "$0")/.."
. plugins/wasm.sh
host_bins=
if [ "${1:-}" = --with-host ]; then
    host_bins="--bin proviso --bin proviso-verify"
    shift
fi
[ $# -gt 0 ] || set -- lexicon-rules retention-schedule departure-risk text-classifier brittle-example

toolchain=$(choose_toolchain)
hide_folders
# `exec` above makes this the process of cargo itself. A shell's background job does not hear Ctrl-C: it is ended here.
build_modules "$toolchain" "$@" &
guests=$!
trap 'kill $guests 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2086
cargo build ${CARGO_FLAGS:-} --release --workspace $host_bins --example componentize
wait $guests
trap - EXIT
mkdir -p "$target_dir/plugins"
modules=$(modules_of "$toolchain")
for name in "$@"; do
    "$target_dir/release/examples/componentize" "$modules/$(echo "$name" | tr - _).wasm" "$target_dir/plugins/$name.wasm"
done
