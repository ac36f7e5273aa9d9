# How core modules of wasm32 are built: read by `plugins/build.sh` and `host/verify-page/build.sh` (`. plugins/wasm.sh`), in the project's folder.
#
# WASM_TOOLCHAIN says where the wasm32 standard library comes from:
#   auto          the first of the following that works (default)
#   installed     the target of the active toolchain, already there
#   rustup        the same, after `rustup target add`
#   distribution  Debian's own compiler with its library source: packages rustc-web, cargo-web, rust-web-src, lld
# CARGO_TARGET_DIR is respected. CARGO_FLAGS is passed to every cargo call, for instance --offline.
target=wasm32-unknown-unknown
target_dir=${CARGO_TARGET_DIR:-target}
debian_packages="rustc-web cargo-web rust-web-src lld"

say() { echo "$0: $*" >&2; }

has_installed_target() {
    command -v rustc >/dev/null && ls "$(rustc --print target-libdir --target $target 2>/dev/null)"/libcore-*.rlib >/dev/null 2>&1
}

add_target_by_rustup() {
    command -v rustup >/dev/null && rustup target add $target >&2 && has_installed_target
}

has_distribution_compiler() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ] && linker >/dev/null
}

# Installs Debian's packages where that needs no question, otherwise says how.
install_distribution_compiler() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else
        say "no wasm32 standard library; to install the distribution's: sudo apt-get install $debian_packages"
        return 1
    fi
    $sudo apt-get update -q >&2 || true
    # shellcheck disable=SC2086 # the packages are words of their own
    $sudo apt-get install -y -q $debian_packages >&2 && has_distribution_compiler
}

# The rust-lld inside the rustup toolchain, else the distribution's lld.
linker() {
    if command -v rustup >/dev/null && sysroot=$(rustc --print sysroot 2>/dev/null); then
        for lld in "$sysroot"/lib/rustlib/*/bin/rust-lld; do
            [ -x "$lld" ] && echo "$lld" && return 0
        done
    fi
    command -v wasm-ld && return 0
    for lld in /usr/bin/wasm-ld-*; do
        [ -x "$lld" ] && echo "$lld" && return 0
    done
    return 1
}

choose_toolchain() {
    case ${WASM_TOOLCHAIN:-auto} in
        installed) has_installed_target && echo rustc && return ;;
        rustup) add_target_by_rustup && echo rustc && return ;;
        distribution) { has_distribution_compiler || install_distribution_compiler; } && echo distribution && return ;;
        auto)
            if has_installed_target || add_target_by_rustup; then echo rustc && return; fi
            say "no $target by rustup, trying the distribution's compiler"
            { has_distribution_compiler || install_distribution_compiler; } && echo distribution && return
            ;;
        *) say "WASM_TOOLCHAIN=\"$WASM_TOOLCHAIN\" is none of auto, installed, rustup, distribution" && exit 2 ;;
    esac
    say "no way to build for $target; one of these helps:"
    say "  rustup target add $target"
    say "  sudo apt-get install $debian_packages"
    exit 1
}

# Keeps this machine's folders out of the components, so that the same compiler gives the same bytes wherever it runs.
# Flags are split at blanks, so folders with one in their name stay in.
hide_folders() {
    cargo_home=${CARGO_HOME:-$HOME/.cargo}
    case "$cargo_home$PWD" in
        *" "*) ;;
        *)
            CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/proviso"
            export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS
            ;;
    esac
}

# The folder in which a toolchain leaves core modules. The distribution's has one of its own, so that neither compiler throws
# the output of the other away.
modules_of() {
    case $1 in
        rustc) echo "$target_dir/$target/plugin" ;;
        distribution) echo "$target_dir/distribution/$target/plugin" ;;
    esac
}

# build_modules TOOLCHAIN PACKAGE…: leaves core modules in the toolchain's folder.
build_modules() {
    toolchain=$1
    shift
    packages=$(printf -- '-p %s ' "$@")
    # shellcheck disable=SC2086 # flags and packages are words of their own
    case $toolchain in
        rustc)
            exec cargo build ${CARGO_FLAGS:-} --profile plugin --target $target --lib $packages
            ;;
        distribution)
            exec env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(linker)" \
                /usr/bin/cargo build ${CARGO_FLAGS:-} --target-dir "$target_dir/distribution" \
                --profile plugin -Zbuild-std=std,panic_abort --target $target --lib $packages
            ;;
    esac
}
