//! Words that are recognised wherever they turn up, and in whatever form.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// What is looked for: words with the place where each was planted.
#[derive(Debug, Default)]
pub(super) struct Markers {
    /// A form of a word, and its place.
    needles: Vec<(Vec<u8>, String)>,
}

impl Markers {
    /// A new word for a place. It is as long as a key, and says where it was planted.
    pub(super) fn plant(&mut self, place: &str) -> String {
        let word = format!("Hush{}x{}Zq", self.needles.len(), place.replace([' ', '-'], ""));
        self.add(place, &word);
        word
    }

    /// A secret that somebody else made up.
    pub(super) fn add(&mut self, place: &str, word: &str) {
        assert!(word.len() >= 8, "{place}: `{word}` could be there by chance");
        let mut hex = String::new();
        for byte in word.bytes() {
            write!(hex, "{byte:02x}").unwrap();
        }
        let bytes = format!("{:?}", word.as_bytes());
        let mut forms = vec![
            word.to_owned(),
            word.to_lowercase(),
            word.to_uppercase(),
            hex,
            // As a debug line shows bytes.
            bytes.trim_matches(['[', ']']).to_owned(),
        ];
        // In base64 a word looks different after one or two other bytes. The edges depend on those.
        for before in ["", "x", "xx"] {
            let whole = STANDARD_NO_PAD.encode(format!("{before}{word}"));
            forms.push(whole[before.len() * 2..whole.len() - 2].to_owned());
        }
        self.needles.extend(forms.into_iter().map(|form| (form.into_bytes(), place.to_owned())));
    }

    /// The places of all words that are in these bytes, each with what stands around it.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Vec<String> {
        // Most bytes begin no word: two of them tell.
        let mut begins = vec![false; 1 << 16];
        let index = |two: &[u8]| usize::from(two[0]) << 8 | usize::from(two[1]);
        for (needle, _) in &self.needles {
            begins[index(needle)] = true;
        }
        let mut found = Vec::new();
        for (at, two) in bytes.windows(2).enumerate().filter(|(_, two)| begins[index(two)]) {
            debug_assert_eq!(two.len(), 2);
            for (_, place) in self.needles.iter().filter(|(form, _)| bytes[at..].starts_with(form))
            {
                let around = &bytes[at.saturating_sub(120)..bytes.len().min(at + 80)];
                found.push(format!("{place}: …{}…", String::from_utf8_lossy(around)));
            }
        }
        found
    }
}

#[test]
fn a_word_is_found_in_every_form() {
    let mut markers = Markers::default();
    let word = markers.plant("cookie");
    let other = markers.plant("token");
    let basic = STANDARD_NO_PAD.encode(format!("user:{word}@"));
    let hex: Vec<_> = word.bytes().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    let debugged = format!("{:?}", format!("a{word}").as_bytes());
    for form in [&word, &word.to_lowercase(), &basic, &hex, &debugged] {
        let found = markers.found_in(format!("before {form} after").as_bytes());
        assert!(!found.is_empty() && found.iter().all(|f| f.starts_with("cookie: ")), "{form}");
    }
    assert_eq!(markers.found_in(format!("{word} {other}").as_bytes()).len(), 2);
    assert!(markers.found_in(b"Hush, said the cook").is_empty());
}
