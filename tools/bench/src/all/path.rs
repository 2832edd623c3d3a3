//! Where a figure is in a benchmark's JSON.

use serde_json::Value;

/// The number at a path of names, and of places in lists (`0`, `last`). Of several rounds' figure it is
/// the median.
pub(super) fn number_at(figures: &Value, path: &str) -> Option<f64> {
    let found = value_at(figures, path)?;
    found.as_f64().or_else(|| found.get("median")?.as_f64())
}

/// Why a part was left out, where the benchmark says so, at this path or above it.
pub(super) fn skipped_at<'a>(figures: &'a Value, path: &str) -> Option<&'a str> {
    let mut above = Some(path);
    while let Some(path) = above {
        let reason = value_at(figures, path).and_then(|found| found.get("skipped")?.as_str());
        if reason.is_some() {
            return reason;
        }
        above = path.rsplit_once('/').map(|(above, _)| above);
    }
    None
}

fn value_at<'a>(figures: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(figures, |value, name| match (value, name) {
        (Value::Array(list), "last") => list.last(),
        (Value::Array(list), place) => list.get(place.parse::<usize>().ok()?),
        (value, name) => value.get(name),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_found_in_objects_lists_and_spreads() {
        let figures = json!({
            "rate": 5.0,
            "sizes": [{"mb": {"min": 1.0, "median": 2.0, "max": 3.0}}, {"mb": 7}],
        });
        assert_eq!(number_at(&figures, "rate"), Some(5.0));
        assert_eq!(number_at(&figures, "sizes/0/mb"), Some(2.0));
        assert_eq!(number_at(&figures, "sizes/last/mb"), Some(7.0));
        assert_eq!(number_at(&figures, "sizes/2/mb"), None);
        assert_eq!(number_at(&figures, "sizes"), None);
        assert_eq!(number_at(&json!({"mb": {"median": null}}), "mb"), None);
    }

    #[test]
    fn the_reason_of_what_was_left_out_is_found_above_the_figure() {
        let figures =
            json!({"yardsticks": {"cte": {"skipped": "no initdb"}, "file": {"ratio": 1.0}}});
        assert_eq!(skipped_at(&figures, "yardsticks/cte/ratio"), Some("no initdb"));
        assert_eq!(skipped_at(&figures, "yardsticks/file/ratio"), None);
    }
}
