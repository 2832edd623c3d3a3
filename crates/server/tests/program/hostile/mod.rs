//! Those who mean harm over HTTP, against the program itself: what each is answered, what the server keeps
//! in memory meanwhile, and whether a bystander is still served.
//!
//! `cargo test` runs it with small numbers. The full size, one test after the other:
//!
//! ```sh
//! HOSTILE_SET=full cargo test --release -p branchline --test program hostile -- --test-threads=1 --nocapture
//! ```

mod bodies;
mod bystander;
mod crowd;
mod paths;
mod readers;
mod slow;
mod smuggling;
mod target;

/// How much harm is done.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Slow heads, slow bodies and slow readers, each.
    slow: usize,
    /// Connections that are kept and not used.
    idle: usize,
    /// Length of what is too long. Unit: bytes.
    body_bytes: usize,
    /// How far behind a reader of events falls. Unit: records.
    lag: usize,
}

impl Size {
    /// As the environment says.
    fn of_run() -> Self {
        if is_full() {
            Self { slow: 1_000, idle: 10_000, body_bytes: 100_000_000, lag: 100_000 }
        } else {
            Self { slow: 40, idle: 200, body_bytes: 20_000_000, lag: 1_000 }
        }
    }
}

/// Whether everything is tried at full size, with the limits as they are by default.
fn is_full() -> bool {
    std::env::var("HOSTILE_SET").is_ok_and(|size| size == "full")
}
