# Daily commands. `just` alone lists them.

_list:
    @just --list --unsorted

# Everything a review asks for, except the tests: format, lints, the pure crate alone, documents, dependencies.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo check -p branchline-domain --locked
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
    @if cargo deny --version >/dev/null 2>&1; then cargo deny --locked check licenses bans sources; else echo "skipped: cargo-deny is not installed (cargo install cargo-deny --locked)"; fi

# All tests of the workspace.
test *arguments:
    cargo test --workspace {{ arguments }}

# The pages in a real browser, or those tests with a name that contains `name`.
browser name="":
    tests/browser/run {{ name }}

# The scenarios, or those with a name that contains `name`.
scenario name="":
    cargo test -p branchline-tests -- {{ name }}

# Writes the index of what proves each promise of the contract anew.
bless:
    BLESS=1 cargo test -p branchline-tests --test contract

# The benchmarks, in release mode. On a quiet machine only.
bench *arguments:
    cargo run --release -p branchline-bench -- {{ arguments }}

# Verifies the journal in a stopped data directory, or an export of one.
audit directory:
    cargo run --release -p branchline-log -- verify {{ directory }}

# A workflow with simulated calls, and the dashboard to watch it.
demo *arguments:
    cargo run --release -- demo {{ arguments }}
