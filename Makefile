.PHONY: plugins

# The plugins as components, target/plugins/NAME.wasm. WASM_TOOLCHAIN=installed|rustup|distribution chooses where the wasm32 library comes from.
plugins:
	plugins/build.sh
