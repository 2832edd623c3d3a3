//! The config of a call as scenario files write it: words in pairs, in any order.

use branchline_domain::graph::{CallingWindow, RetryPolicy, VoiceCallConfig};

use crate::words::{self, Wrong};

/// `from +15550100 tries 3 every 30 minutes expiring 60 minutes visits 2 agent Asia/Kolkata open
/// 09:00 to 17:00 on monday,friday in Europe/Berlin`.
pub(crate) fn voice_call(words: &[&str]) -> Result<VoiceCallConfig, Wrong> {
    let mut config = VoiceCallConfig::default();
    let mut rest = words;
    while !rest.is_empty() {
        rest = next(rest, &mut config)?;
    }
    Ok(config)
}

/// Reads the next pair, and gives what is left.
fn next<'w, 't>(
    words: &'w [&'t str],
    config: &mut VoiceCallConfig,
) -> Result<&'w [&'t str], Wrong> {
    match words {
        ["from", number, rest @ ..] => {
            config.from_phone_number = Some(words::text(number));
            Ok(rest)
        }
        ["tries", attempts, "every", minutes, "minutes", rest @ ..] => {
            let retry = config.retry.get_or_insert_with(RetryPolicy::default);
            retry.max_attempts = Some(count(attempts)?);
            retry.delay_minutes = Some(count(minutes)?);
            Ok(rest)
        }
        ["expiring", minutes, "minutes", rest @ ..] => {
            let retry = config.retry.get_or_insert_with(RetryPolicy::default);
            retry.expire_after_minutes = Some(count(minutes)?);
            Ok(rest)
        }
        ["visits", visits, rest @ ..] => {
            config.max_visits = Some(count(visits)?);
            Ok(rest)
        }
        ["agent", zone, rest @ ..] => {
            config.agent_timezone = Some(words::text(zone));
            Ok(rest)
        }
        ["open", from, "to", to, rest @ ..] => {
            let window = window(config);
            window.from = Some(words::text(from));
            window.to = Some(words::text(to));
            Ok(rest)
        }
        ["on", days, rest @ ..] => {
            let days = days.split(',').map(|day| {
                serde_json::from_value(day.into()).map_err(|_| format!("`{day}` is no day"))
            });
            window(config).days = Some(days.collect::<Result<_, Wrong>>()?);
            Ok(rest)
        }
        ["in", zone, rest @ ..] => {
            window(config).timezone = Some(words::text(zone));
            Ok(rest)
        }
        [..] => Err(format!(
            "`{}` is nothing a call knows; write `VOICE_CALL from +15550100`, and behind it `tries \
             3 every 30 minutes`, `expiring 60 minutes`, `visits 2`, `agent Asia/Kolkata`, or `open \
             09:00 to 17:00 on monday,friday in Europe/Berlin`",
            words.join(" ")
        )),
    }
}

fn window(config: &mut VoiceCallConfig) -> &mut CallingWindow {
    config.calling_window.get_or_insert_with(CallingWindow::default)
}

fn count(word: &str) -> Result<u32, Wrong> {
    word.parse().map_err(|_| format!("`{word}` is not a number"))
}
