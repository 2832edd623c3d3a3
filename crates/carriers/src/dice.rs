//! Dice that fall the same way again for the same call.

/// A row of numbers that is a pure function of what it was made from. `SplitMix64` (Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators", 2014): small, and every seed is good.
#[derive(Debug)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    /// Dice of one call: the `number`th to the phone number `to`.
    pub(crate) fn of(seed: u64, to: &str, number: u32) -> Self {
        let bytes = seed.to_le_bytes().into_iter().chain(number.to_le_bytes()).chain(to.bytes());
        // FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): the numbers stay the same over releases,
        // which the standard library's hashes do not promise.
        let state = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { state }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..sides`, each as likely; 0 when there are no sides.
    pub(crate) fn roll(&mut self, sides: u32) -> u32 {
        // Upper bits by multiplication (Lemire, 2019). The bias of a small die is below 2^-32.
        let product = u128::from(self.next()) * u128::from(sides);
        u32::try_from(product >> 64).unwrap_or(0)
    }

    /// One of `from..=to`.
    pub(crate) fn between(&mut self, (from, to): (u32, u32)) -> u32 {
        from.saturating_add(self.roll(to.saturating_sub(from).saturating_add(1)))
    }

    /// One of these. One roll also when there is nothing to choose, so that a longer list does not
    /// change what is drawn after it.
    pub(crate) fn choose<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = self.roll(u32::try_from(from.len()).unwrap_or(u32::MAX));
        from.get(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_call_gives_the_same_rolls_and_another_call_others() {
        let rolls = |seed, to, number| {
            let mut dice = Dice::of(seed, to, number);
            (0..8).map(|_| dice.roll(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(rolls(1, "+12025550100", 1), rolls(1, "+12025550100", 1));
        for (seed, to, number) in
            [(2, "+12025550100", 1), (1, "+12025550101", 1), (1, "+12025550100", 2)]
        {
            assert_ne!(rolls(seed, to, number), rolls(1, "+12025550100", 1));
        }
    }

    #[test]
    fn splitmix64_gives_its_published_numbers() {
        // The first outputs for the seed 1234567, as the reference implementation prints them.
        let mut dice = Dice { state: 1_234_567 };
        assert_eq!(dice.next(), 6_457_827_717_110_365_317);
        assert_eq!(dice.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn rolls_stay_within_their_bounds() {
        let mut dice = Dice { state: 7 };
        let drawn: std::collections::BTreeSet<u32> =
            (0..200).map(|_| dice.between((3, 6))).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert_eq!(dice.roll(0), 0);
        assert_eq!(dice.between((9, 9)), 9);
        assert_eq!(dice.choose::<u8>(&[]), None);
    }
}
