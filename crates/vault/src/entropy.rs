//! Where random bytes come from: the operating system, or a seed in simulations.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bytes for keys and nonces.
pub trait Entropy: Send + Sync {
    /// Overwrites all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator: the only source for anything that holds real people's data.
///
/// Every call asks the kernel. A buffer of our own would hand out the same nonces twice in two
/// copies of a machine restored from one snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    ///
    /// When the operating system has no random bytes to give. Going on would hand out keys that
    /// can be guessed.
    #[expect(clippy::expect_used, reason = "a key that can be guessed is worse than a stop")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// The same bytes for the same seed, for simulations and tests.
///
/// **Unsafe for production**: whoever knows or guesses the seed knows every key. The generator is
/// `SplitMix64` (Steele, Lea and Flood, 2014), words little-endian. With fills of whole words the
/// stream does not depend on how it is cut; a fill that ends inside a word drops the rest of it.
/// A vault that is opened again takes the same source on, not a new one with the same seed: that
/// would repeat its nonces.
#[derive(Debug)]
pub struct SeededEntropy {
    state: AtomicU64,
}

impl SeededEntropy {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    const WORD: usize = 8;

    /// Starts the stream of this seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    const fn mix(state: u64) -> u64 {
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for word in bytes.chunks_mut(Self::WORD) {
            // `fetch_add` wraps, as the generator wants.
            let before = self.state.fetch_add(Self::STEP, Ordering::Relaxed);
            let drawn = Self::mix(before.wrapping_add(Self::STEP)).to_le_bytes();
            for (to, from) in word.iter_mut().zip(drawn) {
                *to = from;
            }
        }
    }
}
