//! Leads found by their phone number, without opening a single seal.
//!
//! The journal has a keyed tag of each number ([`branchline_vault::OrganisationKey::contact_tag`]).
//! With the organisation's key the tag of a number can be made and looked for; the number itself is
//! neither read from the journal nor ever printed. A tag outlives the erasure of its lead.

use std::{collections::HashMap, fmt};

use branchline_vault::Vault;
use uuid::Uuid;

use crate::Fault;

/// Digits of a number, the country code included (ITU-T E.164); few have less than seven.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Phone numbers, and the keys that make their tags.
pub struct Phones {
    numbers: Vec<String>,
    vault: Vault,
    /// Of each organisation met so far; `None` when the vault has no key of it.
    tags: HashMap<Uuid, Option<Vec<[u8; 16]>>>,
    found: u64,
}

impl Phones {
    /// Looks for numbers in E.164 form.
    ///
    /// # Errors
    ///
    /// [`Fault::Misused`] when one has another form. It is not repeated there.
    pub fn new(numbers: Vec<String>, vault: Vault) -> Result<Self, Fault> {
        numbers.iter().try_for_each(|number| check(number))?;
        Ok(Self { numbers, vault, tags: HashMap::new(), found: 0 })
    }

    /// Whether a lead of this organisation has one of the numbers.
    pub(super) fn fits(&mut self, organisation: Uuid, tag: [u8; 16]) -> bool {
        let (numbers, vault) = (&self.numbers, &self.vault);
        let tags = self.tags.entry(organisation).or_insert_with(|| {
            let key = vault.organisation_key(organisation).ok()?;
            Some(numbers.iter().map(|number| key.contact_tag(number)).collect())
        });
        let fits = tags.as_ref().is_some_and(|tags| tags.contains(&tag));
        self.found += u64::from(fits);
        fits
    }

    /// What should be known about the answer, for people.
    pub(super) fn remark(&self) -> Option<String> {
        let strangers = self.tags.values().filter(|tags| tags.is_none()).count();
        if strangers > 0 {
            return Some(format!(
                "these keys are not those of {strangers} organisation(s) in the journal: their \
                 leads were passed over"
            ));
        }
        (self.found == 0).then(|| "no lead has that phone number".to_owned())
    }
}

/// Refuses what is no E.164 number.
///
/// # Errors
///
/// [`Fault::Misused`]. The text is not repeated: it may be somebody's number all the same.
pub fn check(number: &str) -> Result<(), Fault> {
    let digits = number.strip_prefix('+').unwrap_or_default();
    if DIGITS.contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
    {
        return Ok(());
    }
    Err(Fault::Misused(
        "the phone number is not in E.164 form: `+`, country code and number, digits only".into(),
    ))
}

impl fmt::Debug for Phones {
    /// Never the numbers: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phones").field("count", &self.numbers.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_number_and_a_refusal_does_not_repeat_it() {
        assert_eq!(check("+12125550123"), Ok(()));
        for wrong in ["", "+", "12125550123", "+1 212 555 0123", "+0212555012", "+1234567890123456"]
        {
            let refused = check(wrong).unwrap_err().to_string();
            assert!(wrong.len() < 3 || !refused.contains(wrong), "{refused}");
        }
    }
}
