//! Request line and headers on their way in: only how long they are, and whether all of them are here.

use super::bare_answer::Complaint;

/// The head of the next request, as far as it has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    bytes: usize,
    state: State,
    /// Whether a line has ended: what is too long is a header, not the URL.
    past_first_line: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing but empty lines.
    #[default]
    Nothing,
    InLine,
    /// After the end of a line.
    AtLineStart,
    /// All of it is here.
    Whole,
}

impl Head {
    /// Whether some of it has come, and some has not.
    pub(super) const fn is_partial(self) -> bool {
        matches!(self.state, State::InLine | State::AtLineStart)
    }

    /// Takes what came. Of a head that is whole, whatever follows is not looked at.
    ///
    /// # Errors
    ///
    /// 414 or 431 when it is longer than `most` bytes and has not ended.
    pub(super) fn take(&mut self, bytes: &[u8], most: usize) -> Result<(), Complaint> {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            self.state = match (self.state, byte) {
                (State::Whole, _) => return Ok(()),
                (State::Nothing | State::AtLineStart, b'\r') => self.state,
                (State::Nothing, b'\n') => State::Nothing,
                (State::AtLineStart, b'\n') => State::Whole,
                (State::InLine, b'\n') => {
                    self.past_first_line = true;
                    State::AtLineStart
                }
                (State::Nothing | State::InLine | State::AtLineStart, _) => State::InLine,
            };
            rest = after;
            if self.state == State::InLine {
                // Lines are most of a head: on to the end of this one.
                let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
                self.bytes += end;
                rest = rest.get(end..).unwrap_or_default();
            }
            self.bytes += 1;
            if self.bytes > most {
                let long = if self.past_first_line {
                    Complaint::HeadTooLarge
                } else {
                    Complaint::UrlTooLong
                };
                return Err(long);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole, partial, or refused, however the bytes are cut.
    fn taken(text: &str, most: usize) -> Result<(bool, bool), Complaint> {
        let at_once = {
            let mut head = Head::default();
            head.take(text.as_bytes(), most)
                .map(|()| (head.state == State::Whole, head.is_partial()))
        };
        let mut head = Head::default();
        let one_by_one = text.as_bytes().chunks(1).try_for_each(|byte| head.take(byte, most));
        assert_eq!(one_by_one.map(|()| (head.state == State::Whole, head.is_partial())), at_once);
        at_once
    }

    #[test]
    fn a_head_is_whole_at_its_empty_line_however_lines_end() {
        for whole in
            ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "GET / HTTP/1.1\nhost: a\n\n", "\r\n\r\nG\n\n"]
        {
            assert_eq!(taken(whole, 100), Ok((true, false)), "{whole:?}");
            assert_eq!(taken(&format!("{whole}{}", "x".repeat(200)), 100), Ok((true, false)));
        }
        for partial in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: a\r\n\r", "\r\nG"] {
            assert_eq!(taken(partial, 100), Ok((false, true)), "{partial:?}");
        }
        for nothing in ["", "\r\n", "\n\n\r\n"] {
            assert_eq!(taken(nothing, 100), Ok((false, false)), "{nothing:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_the_url_or_the_headers() {
        assert_eq!(taken(&"x".repeat(101), 100), Err(Complaint::UrlTooLong));
        assert_eq!(taken(&"\r\n".repeat(51), 100), Err(Complaint::UrlTooLong));
        assert_eq!(
            taken(&format!("GET /\r\n{}", "x: y\r\n".repeat(20)), 100),
            Err(Complaint::HeadTooLarge)
        );
        assert_eq!(taken(&"x".repeat(100), 100), Ok((false, true)));
    }
}
