# Everything a newcomer needs: `make demo` and `make test` install what is missing and build what is needed.
#
#   make demo      builds all, then judges a synthetic archive
#   make test      builds all, then runs every test; installs minisign, skopeo, docker-registry and openssl on
#                  Debian, which some tests hold packs against, and Chromium, in which the console's pages are tested
#   make hostile   runs the tests of the sandbox at full length: 1,000,000 used slots, 10,000 generated components
#   make plugins   builds the plugins: target/plugins/NAME.wasm
#   make quality   measures the packs on real text and under attack, and writes docs/quality.md; PROVISO_CORPUS names the folder of corpora
#   make bench     measures Proviso beside other programs that do its job, and writes docs/performance.md; PROVISO_CORPUS as
#                  above, else on the demonstration's own lines. Fetches and builds tests/compare; 20 minutes on two cores
#   make languages builds a plugin in each language, measures what it costs, and writes the table of docs/languages.md
#   make soak      the daemon under load, changes, full disks, slow peers and kills for 30 minutes (SOAK_SECONDS=90: the short form),
#                  and writes the figures in docs/operations.md. As root, or no disk can be filled
#   make foreign-proofs  has exports verified by a program that has nothing of Proviso, and a log of 70,000 leaves by programs of
#                  others: golang.org/x/mod/sumdb, and aics-tlog of PyPI
#                  (Python 3.12 or newer). Installs Go on Debian
#   make analysts  has DuckDB (of PyPI) read the tables of a demonstration, and compares what it counts with what Proviso says
#   make alterations  alters an archive 10,000 times and an export 10,000 times, and has each alteration found, by an audit or by who has the export alone; and has the program and the page say the same of 10,000 exports
#   make kills    kills the daemon 500 times at work, audits the archive after each, and delivers all of it again three times
#   make kill-points  kills indexing, merging, rebuilding, disposals and exports 200 times at 26 named points, and asks after each whether searches,
#                  certificates and exports are true
#   make leakage   attacks the files of an index without keys, 24,000 messages, and says how many words are recovered; PROVISO_CORPUS as above
#   make faults   has each of the daemon's first 1,000 writes fail, by an error and by a full disk, and all that was sent delivered again
#   make memory   36 times the workload of `make bench` through the daemon, five million messages with PROVISO_CORPUS, and what it keeps in memory meanwhile
#   make upgrade  has a build that stands for an older version archive 100,000 messages, and replays them all by this one
#   make races     has a hold and a disposal meet on 100,000 messages, and 1,000 approved exports run by six at once
#   make dictionary  learns from the repository's own sentences what messages have in common, for zstd; Debian's zstd does it
#   make verifier  builds both verifiers of exports: proviso-verify, which judges again too, as one file that needs nothing of a machine,
#                  target/x86_64-unknown-linux-gnu/release/proviso-verify, and the page for a browser, target/proviso-verify.html
#   make console   builds the console's pages, which the binary carries: host/console/web/dist
#   make console-tests  tests these pages, their logic and in a browser
#   make looks     the same, and axe looks at every page and dialog in both languages, light and dark: four times as many as with the tests
#   make lint      rustfmt, clippy, the documentation and the pages' rules, as CI checks them

TARGET_DIR := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
PROVISO := $(TARGET_DIR)/release/proviso

.PHONY: demo test hostile plugins page console console-tests looks build quality bench languages soak foreign-proofs analysts alterations kills kill-points leakage faults memory upgrade races dictionary verifier lint setup

demo: build
	$(PROVISO) demo

test: console plugins page console-tests
	cargo test --release --workspace --no-fail-fast

hostile:
	PROVISO_REUSES=1000000 PROVISO_FUZZ_RUNS=10000 cargo test --release --workspace --test hostile --test corpus -- --nocapture

build: setup console
	sh plugins/build.sh --with-host

looks: console
	@sh tests/setup.sh tests
	PROVISO_LOOKS=all sh host/console/web/test.sh

plugins: setup
	sh plugins/build.sh

page: setup
	sh host/verify-page/build.sh

# Before the host is built: the binary carries the pages inside it.
console: setup
	@sh tests/setup.sh pages
	sh host/console/web/build.sh

console-tests: console
	@sh tests/setup.sh tests
	sh host/console/web/test.sh

# A C compiler builds the bundled SQLite, and Node.js the console's pages; everything else comes with rustup's toolchain.
setup:
	@sh tests/setup.sh

quality: build
	cargo run --release -p proviso-measure -- quality --proviso $(PROVISO) --write docs/quality.md

bench: build
	cargo run --release -p proviso-measure -- bench --proviso $(PROVISO) --write docs/performance.md

languages: build
	@sh tests/setup.sh tests
	cargo run --release -p proviso-measure -- languages --proviso $(PROVISO) --write docs/languages.md

SOAK_SECONDS := 1800

soak: build
	cargo run --release -p proviso-measure -- soak --proviso $(PROVISO) --seconds $(SOAK_SECONDS) --write docs/operations.md

foreign-proofs:
	@sh tests/foreign_proofs/run.sh $(TARGET_DIR)

ANALYSTS_MESSAGES := 20000

analysts: build
	@sh tests/analysts/run.sh $(abspath $(TARGET_DIR)) $(ANALYSTS_MESSAGES)

alterations: page
	PROVISO_ALTERATIONS=10000 cargo test --release --workspace --test main -- --nocapture alterations::
	PROVISO_ALTERATIONS=10000 cargo test --release --workspace --test page

kills:
	PROVISO_KILLS=500 cargo test --release --workspace --test end_to_end -- --nocapture kill::

kill-points: plugins
	PROVISO_KILL_POINTS=200 cargo test --release --workspace --test end_to_end -- --nocapture kill_points::an_end

leakage:
	PROVISO_LEAKAGE=24000 cargo test --release --workspace --test main -- --nocapture leakage::

faults: plugins
	PROVISO_FAULTS=1 cargo test --release --workspace --test end_to_end faults:: -- --nocapture

memory: build
	PROVISO_SERVE_REPEATS=36 cargo run --release -p proviso-measure -- bench --proviso $(PROVISO) --only spool

upgrade: build
	PROVISO_ENGINE_VERSIONS="proviso-engine 0.0.0, contract 0.1.0, wasmtime 48, scan 0" \
	  cargo build --release -p proviso --target-dir $(TARGET_DIR)/older
	PROVISO_PLUGIN_PATH=$(TARGET_DIR)/plugins $(TARGET_DIR)/older/release/proviso demo --messages 100000 --dir $(TARGET_DIR)/upgrade
	$(PROVISO) replay --all --config $(TARGET_DIR)/upgrade/proviso.toml

# What is learnt is a file that never changes once messages were packed by it: another one has another number and name.
dictionary:
	@command -v zstd >/dev/null || { echo "make dictionary: zstd is missing: sudo apt-get install zstd" >&2; exit 1; }
	rm -rf $(TARGET_DIR)/samples && mkdir -p $(TARGET_DIR)/samples
	PROVISO_DICTIONARY_SAMPLES=$(abspath $(TARGET_DIR))/samples cargo test --release --workspace --lib samples::
	cd $(TARGET_DIR)/samples && zstd --train-fastcover -q -f * --maxdict=16384 --dictID=3 -o ../content.dictionary

races:
	PROVISO_RACES=100000 cargo test --release --workspace --test main -- --nocapture holds::a_hold_
	PROVISO_EXPORT_RACES=1000 cargo test --release --workspace --test main -- --nocapture export_races::

verifier: page
	RUSTFLAGS="-C target-feature=+crt-static" cargo build --release -p proviso-verify --target x86_64-unknown-linux-gnu

lint:
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	cargo check --release -p proviso-proof -p proviso-evidence --target wasm32-unknown-unknown
	cargo clippy --release -p proviso-verify --no-default-features --no-deps -- -D warnings
	cargo clippy --release -p proviso-verify-page --lib --no-deps --target wasm32-unknown-unknown -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps
	sh host/console/web/lint.sh
