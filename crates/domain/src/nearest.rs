//! The known name that somebody meant.

/// The nearest of the known names, when one is near.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|&candidate| (distance(name, candidate), candidate));
    let (distance, candidate) = distances.min()?;
    (distance <= name.chars().count() / 2).then_some(candidate)
}

/// ``did you mean `…`?`` when a known name is near, else the list of them.
pub fn advice(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there are no names here".into(),
        None => format!("the names are {}", known.join(", ")),
    }
}

/// How many single changes lead from one word to the other (Levenshtein, 1965).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (made, a) in from.chars().enumerate() {
        let mut diagonal = made;
        let mut left = made + 1;
        let mut next = vec![left];
        for (b, &above) in to.chars().zip(row.iter().skip(1)) {
            left = (left + 1).min(above + 1).min(diagonal + usize::from(a != b));
            next.push(left);
            diagonal = above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_noticed_and_another_word_is_not() {
        let known = ["title", "source", "step"];
        assert_eq!(nearest("titel", &known), Some("title"));
        assert_eq!(nearest("steps", &known), Some("step"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(advice("colour", &known), "the names are title, source, step");
    }

    #[test]
    fn distances_are_those_of_the_definition() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
