//! What a step waits for: a time, or analysis of the last call. Source: CONTRACT.md 4 and 5.

use super::Walk;
use crate::{
    condition::{Facts, FieldRef},
    graph::{NodeConfig, TimeConfig, TimeSource},
    lead::{HoldReason, LeadEvent, schedule::default_zone},
    personal::Personal,
    phrase::read_time,
    time::Timestamp,
    zone::Zone,
};

/// Most of the words that cannot be read that a hold shows. Unit: characters.
const WORDS_CHARS_MAX: usize = 200;

/// What a `TIME` step makes of its config.
pub(super) enum Wait {
    /// Until then.
    Until(Timestamp),
    /// For the analysis of the call, until then at most.
    Analysis(Timestamp),
    /// The lead is held.
    Held(HoldReason),
}

impl Walk<'_> {
    /// What a `TIME` step waits for.
    pub(super) fn wait(&self, config: &TimeConfig) -> Wait {
        if let Some(seconds) = config.fixed_seconds() {
            return Wait::Until(self.context.now.plus_seconds(seconds));
        }
        let (Some(TimeSource::PostcallAnalysis), Some(field)) =
            (config.time_source, &config.pca_field)
        else {
            return Wait::Held(HoldReason::NodeIncomplete);
        };
        let words = self.field(&FieldRef::CallAttribute(field.clone()));
        let words = words.map(|words| words.as_text().into_owned());
        let readable = words.as_ref().and_then(|words| {
            let (ended_at, zone) = (self.call_ended_at()?, self.zone());
            read_time(words, ended_at, &zone).ok()
        });
        match (readable, self.analysis_comes_until()) {
            (Some(release_at), _) => Wait::Until(release_at),
            (None, Some(until)) if words.is_none() => Wait::Analysis(until),
            (None, Some(_) | None) => {
                // A record has room for a sentence, and nobody reads more of it.
                let words = words.unwrap_or_default().chars().take(WORDS_CHARS_MAX).collect();
                let words = Personal::Known(words);
                Wait::Held(HoldReason::UnreadableTime(words))
            }
        }
    }

    /// When the most recent call ended.
    fn call_ended_at(&self) -> Option<Timestamp> {
        let known = || self.state.last_call()?.ended_at;
        self.news.map(|news| news.ended_at).or_else(known)
    }

    /// The zone of times in a call's words: the call's own, the agent's, that of the number's
    /// country, or the workflow's default. Source: CONTRACT.md 5.
    fn zone(&self) -> Zone {
        let named = |text: &str| Zone::named(text);
        let of_call = || {
            let value = self.field(&FieldRef::CallAttribute("timezone".into()))?;
            named(&value.as_text())
        };
        let of_agent = || {
            let node = self.state.last_call()?.node?;
            let NodeConfig::VoiceCall(config) = &self.graph().node(node)?.config else {
                return None;
            };
            named(config.agent_timezone.as_deref()?)
        };
        let of_number = || Zone::of_number(self.state.phone_number.known()?);
        of_call().or_else(of_agent).or_else(of_number).unwrap_or_else(|| default_zone(self.context))
    }

    /// Until when analysis of the most recent call may still come; `None` when it is not waited
    /// for, or not any more. Source: CONTRACT.md 4.
    pub(super) fn analysis_comes_until(&self) -> Option<Timestamp> {
        let now = self.context.now;
        let awaited = self.state.analysis_until.filter(|_| self.visit == self.state.visit);
        let until = awaited.or_else(|| {
            let timeout_s = self.context.workflow.settings.analysis_timeout_s;
            // A provider's clock may be ahead of ours; that must not make the wait longer.
            Some(self.call_ended_at()?.min(now).plus_seconds(timeout_s))
        })?;
        (until > now).then_some(until)
    }

    /// Waits for analysis of the call. Says so once a visit.
    pub(super) fn await_analysis(&mut self, until: Timestamp) {
        let known = self.events.is_empty() && self.state.analysis_until == Some(until);
        if !known {
            self.events.push(LeadEvent::AnalysisAwaited { until });
        }
    }
}
