//! Names with gaps: `*` stands for any text, also none.

use std::{convert::Infallible, fmt, str::FromStr};

/// A name, or a pattern of names with `*` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Whether it stands for more than one name.
    pub fn has_gaps(&self) -> bool {
        self.0.contains('*')
    }

    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
            return false;
        };
        let Some(end) = parts.next_back() else { return rest.is_empty() };
        // Each part as early as it comes: that leaves the most for the ones after it.
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        rest.ends_with(end)
    }
}

impl FromStr for Pattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_any_text_and_the_rest_is_itself() {
        for (pattern, fits, does_not) in [
            ("lead.dropped", vec!["lead.dropped"], vec!["lead.dropped2", "dropped", ""]),
            ("lead.*", vec!["lead.dropped", "lead."], vec!["workflow.lead.x", "lead"]),
            ("*_started", vec!["call_started", "_started"], vec!["call_started_", "started"]),
            ("*call*ed", vec!["lead.call_dispatched", "called"], vec!["ed", "lead.call_"]),
            ("a*b*b", vec!["abb", "a-b-b"], vec!["ab", "b"]),
            ("*", vec!["", "anything"], vec![]),
            ("ü*ü", vec!["üü", "ü-ü"], vec!["ü"]),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert!(fits.iter().all(|text| pattern.fits(text)), "{pattern}: {fits:?}");
            assert!(!does_not.iter().any(|text| pattern.fits(text)), "{pattern}: {does_not:?}");
        }
    }
}
