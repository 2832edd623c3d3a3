//! Server-sent events, as far as this API sends them. Source: the HTML standard, section 9.2.

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// `event:`; empty when it has none.
    pub(super) name: String,
    /// `id:`, when this event has one.
    pub(super) id: Option<String>,
    /// `data:`, its lines joined.
    pub(super) data: String,
}

/// Puts events together, line by line.
#[derive(Debug, Default)]
pub(super) struct Parser {
    sent: Sent,
    has_data: bool,
}

impl Parser {
    /// Takes a line without its end; an empty one ends an event.
    pub(super) fn line(&mut self, line: &str) -> Option<Sent> {
        if line.is_empty() {
            let has_data = std::mem::take(&mut self.has_data);
            let sent = std::mem::take(&mut self.sent);
            return has_data.then_some(sent);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.sent.name),
            "id" => self.sent.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.sent.data.push('\n');
                }
                self.sent.data.push_str(value);
                self.has_data = true;
            }
            // A comment keeps the connection; how long to wait we know ourselves.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Sent> {
        let mut parser = Parser::default();
        text.lines().filter_map(|line| parser.line(line)).collect()
    }

    #[test]
    fn events_comments_and_unknown_fields_are_told_apart() {
        let text = "retry: 2000\n\n: still here\n\nevent: a\ndata: {\"x\":1}\n\nid: 0-7\nevent: b\ndata:1\ndata: 2\nother: x\n\n";
        let found = all(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].name.as_str(), &found[0].id), ("a", &None));
        assert_eq!(
            found[1],
            Sent { name: "b".into(), id: Some("0-7".into()), data: "1\n2".into() }
        );
    }

    #[test]
    fn what_breaks_off_is_no_event() {
        assert_eq!(all("event: a\ndata: 1"), []);
    }
}
