//! How deeply lists and objects lie within each other, looked at before anything is read: a text of a
//! few kilobytes of `[` would else cost a stack.

use crate::{
    error_mapping::Refusal,
    problem::{FieldFault, Problem},
};

/// Longest pointer that is told. Unit: bytes. Whoever nests deeper knows how it goes on.
const POINTER_BYTES_MAX: usize = 200;

/// Passes a body whose lists and objects lie at most `most` within each other. What is no JSON passes
/// too, and is refused by whoever reads it.
///
/// # Errors
///
/// 400 with a pointer to the first place that is deeper.
pub(crate) fn check(body: &[u8], most: usize) -> Result<(), Problem> {
    let mut depth = 0_usize;
    let mut bytes = body.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > most {
                    return Err(too_deep(body.get(..at).unwrap_or_default(), most));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn too_deep(before: &[u8], most: usize) -> Problem {
    let mut pointer = pointer(before);
    if let Some((cut, _)) = pointer.char_indices().find(|(at, _)| *at >= POINTER_BYTES_MAX) {
        pointer.truncate(cut);
    }
    let detail = format!("lists and objects lie more than {most} within each other");
    let fault = FieldFault { pointer: Some(pointer), detail, ..FieldFault::default() };
    Problem::invalid(Refusal::JsonTooDeep, vec![fault])
}

/// One step on the way to a place.
enum Step<'a> {
    Item(usize),
    /// The name as it is written; `None` before it came.
    Member(Option<&'a [u8]>),
}

/// A JSON pointer to what comes after this beginning of a text.
fn pointer(before: &[u8]) -> String {
    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = before.get(at) {
        at += 1;
        match byte {
            b'[' => steps.push(Step::Item(0)),
            b'{' => steps.push(Step::Member(None)),
            b']' | b'}' => drop(steps.pop()),
            b',' => match steps.last_mut() {
                Some(Step::Item(index)) => *index += 1,
                Some(Step::Member(name)) => *name = None,
                None => {}
            },
            b'"' => {
                let text = text(before.get(at..).unwrap_or_default());
                at += text.len() + 1;
                if let Some(Step::Member(name @ None)) = steps.last_mut() {
                    *name = Some(text);
                }
            }
            _ => {}
        }
    }
    let step = |step: &Step<'_>| match step {
        Step::Item(index) => format!("/{index}"),
        Step::Member(name) => {
            let name = String::from_utf8_lossy(name.unwrap_or_default());
            format!("/{}", name.replace('~', "~0").replace('/', "~1"))
        }
    };
    steps.iter().map(step).collect()
}

/// The inside of a text that has begun.
fn text(rest: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = rest.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_place_that_is_too_deep_is_named() {
        let body = br#"{"a[": "\"[[[", "nodes": [{}, {"x/y": {"z": [[0]]}}]}"#;
        assert!(check(body, 6).is_ok());
        let problem = check(body, 5).unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code), (400, "json_too_deep"));
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/nodes/1/x~1y/z/0"));
    }

    #[test]
    fn a_megabyte_of_brackets_is_told_shortly() {
        let problem = check("[".repeat(1_000_000).as_bytes(), 32).unwrap_err();
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/0".repeat(32).as_str()));
        let names = format!(r#"{{"{}":"#, "n".repeat(1_000)).repeat(40);
        let problem = check(names.as_bytes(), 32).unwrap_err();
        assert_eq!(problem.errors[0].pointer.as_ref().unwrap().len(), POINTER_BYTES_MAX);
    }

    fn depth(value: &serde_json::Value) -> usize {
        let inside: Vec<usize> = match (value.as_array(), value.as_object()) {
            (Some(items), _) => items.iter().map(depth).collect(),
            (_, Some(members)) => members.values().map(depth).collect(),
            (None, None) => return 0,
        };
        1 + inside.into_iter().max().unwrap_or(0)
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<u8>().prop_map(Into::into),
            "[\\[\\]{}\"\\\\,:a]{0,6}".prop_map(Into::into)
        ];
        leaf.prop_recursive(6, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
                prop::collection::vec(("[\\[{\"\\\\/~a]{0,4}", inner), 0..4)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_depth_is_that_of_the_value(value in any_json()) {
            let (text, depth) = (value.to_string(), depth(&value));
            prop_assert!(check(text.as_bytes(), depth).is_ok());
            prop_assert_eq!(depth == 0, check(text.as_bytes(), depth.saturating_sub(1)).is_ok());
        }

        #[test]
        fn no_text_is_too_strange(text in prop::collection::vec(any::<u8>(), 0..60), most in 0_usize..4) {
            let _either = check(&text, most);
        }
    }
}
