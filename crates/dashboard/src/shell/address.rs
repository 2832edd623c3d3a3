//! Addresses of pages that say what they show.

use branchline_http_api::pages::in_query;

/// Fields as a query, without the `?`: whatever is in a value, it ends no value.
pub(crate) fn query<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields = fields.into_iter().map(|(name, value)| format!("{name}={}", in_query(&value)));
    fields.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_value_is_escaped() {
        assert_eq!(query([("output", "a&b=c d".to_owned())]), "output=a%26b%3Dc%20d");
        assert_eq!(query([("a", "+1".to_owned()), ("b", String::new())]), "a=%2B1&b=");
        assert_eq!(query([]), "");
    }
}
