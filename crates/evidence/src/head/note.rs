//! Signed notes: a text and signatures of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use branchline_vault::signing::{SIGNATURE_BYTES, SigningKey, VerifierKey};

use super::{HEAD_BYTES_MAX, HeadError};

/// What a line with a signature begins with: an em dash and a space.
const SIGNED: &str = "\u{2014} ";

/// Most signatures of a note; the specification asks for 16 at least.
const SIGNATURES_MAX: usize = 64;

/// Bytes of the key's id before the signature.
const ID_BYTES: usize = 4;

/// A text and the signatures below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature, of whatever kind of key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoteSignature {
    /// Name of the key.
    pub(super) name: Box<str>,
    /// The key's id and the signature itself.
    bytes: Vec<u8>,
}

impl NoteSignature {
    /// Whether the key is the one that it says to be of.
    pub(super) fn is_by(&self, key: &VerifierKey) -> bool {
        *self.name == *key.name().as_str() && self.bytes.starts_with(&key.id().to_be_bytes())
    }

    fn verify(&self, text: &str, key: &VerifierKey) -> bool {
        let signature = self.bytes.get(ID_BYTES..).unwrap_or_default();
        <&[u8; SIGNATURE_BYTES]>::try_from(signature)
            .is_ok_and(|signature| key.verify(text.as_bytes(), signature))
    }

    fn parse(line: &str) -> Result<Self, &'static str> {
        let signed = line.strip_prefix(SIGNED).ok_or("it is no signature: `— name base64`")?;
        let (name, bytes) = signed.split_once(' ').ok_or("it has no signature after the name")?;
        if name.is_empty() || name.contains(|c: char| c == '+' || c.is_whitespace()) {
            return Err("the name of its key is not one");
        }
        let bytes = STANDARD.decode(bytes).map_err(|_| "its signature is not in base64")?;
        if bytes.len() <= ID_BYTES {
            return Err("its signature is cut");
        }
        Ok(Self { name: name.into(), bytes })
    }
}

impl SignedNote {
    pub(super) fn sign(text: String, key: &SigningKey) -> Self {
        let mut bytes = key.verifier().id().to_be_bytes().to_vec();
        bytes.extend_from_slice(&key.sign(text.as_bytes()));
        let signature = NoteSignature { name: key.name().as_str().into(), bytes };
        Self { text, signatures: vec![signature] }
    }

    /// Reads a note. Any bytes give a note or an error, and a note is written again to the same
    /// bytes.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, HeadError> {
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(HeadError::TooLarge);
        }
        let line_at = |at: usize| {
            let before = bytes.get(..at).unwrap_or_default();
            before.split(|byte| *byte == b'\n').count()
        };
        let wrong = |line, reason| HeadError::Form { line, reason };
        let whole = std::str::from_utf8(bytes)
            .map_err(|error| wrong(line_at(error.valid_up_to()), "it is not UTF-8"))?;
        if let Some(at) = whole.find(|c: char| c < ' ' && c != '\n') {
            return Err(wrong(line_at(at), "it has a control character"));
        }
        let whole_lines = whole.strip_suffix('\n');
        let whole_lines = whole_lines
            .ok_or_else(|| wrong(line_at(bytes.len()), "it does not end with a line feed"))?;
        let (text, signatures) = whole_lines.rsplit_once("\n\n").ok_or_else(|| {
            wrong(line_at(bytes.len() - 1), "no empty line and signature come after it")
        })?;
        let text = format!("{text}\n");
        let first = line_at(text.len() + 1);
        let signatures = signatures
            .split('\n')
            .take(SIGNATURES_MAX + 1)
            .enumerate()
            .map(|(at, line)| NoteSignature::parse(line).map_err(|why| wrong(first + at, why)))
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(wrong(first + SIGNATURES_MAX, "no head has so many signatures"));
        }
        Ok(Self { text, signatures })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    pub(super) fn to_text(&self) -> String {
        let mut out = format!("{}\n", self.text);
        for signature in &self.signatures {
            let encoded = STANDARD.encode(&signature.bytes);
            out.extend([SIGNED, &signature.name, " ", &encoded, "\n"]);
        }
        out
    }

    pub(super) fn is_signed_by(&self, key: &VerifierKey) -> bool {
        self.signatures.iter().any(|signature| signature.is_by(key))
    }

    /// Every signature that says to be of the key must be, and there must be one.
    pub(super) fn verify(&self, key: &VerifierKey) -> Result<(), HeadError> {
        let by = || format!("{}+{:08x}", key.name(), key.id());
        let mut of_the_key = self.signatures.iter().filter(|signature| signature.is_by(key));
        let Some(first) = of_the_key.next() else { return Err(HeadError::NotSigned { by: by() }) };
        let hold = first.verify(&self.text, key)
            && of_the_key.all(|signature| signature.verify(&self.text, key));
        if hold { Ok(()) } else { Err(HeadError::BadSignature { by: by() }) }
    }
}
