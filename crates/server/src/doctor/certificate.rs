//! The TLS certificate: whether it and its key are a pair, and until when.

use std::time::{Duration, SystemTime};

use branchline_http_api::tls::{Certificate, Pair};

use super::finding::{Finding, Report};
use crate::{
    config::ServerConfig,
    front::{Validity, tls_files},
};

const CHECK: &str = "tls";

pub(super) fn examine(report: &mut Report, config: &ServerConfig, now: SystemTime) {
    report.add(match tls_files(config) {
        Ok(None) => Finding::ok(CHECK, "off: plain HTTP"),
        Err(error) => Finding::fail(CHECK, format!("{error:#}"), "set both, or neither"),
        Ok(Some(files)) => match Pair::read(&files) {
            Ok(pair) => judge(pair.certificate(), now),
            Err(error) => Finding::fail(
                CHECK,
                format!("{:#}", anyhow::Error::new(error)),
                "give the certificate with those between it and a root, and its unencrypted key, \
                 both in PEM",
            ),
        },
    });
}

fn judge(certificate: &Certificate, now: SystemTime) -> Finding {
    let names = match certificate.names.as_slice() {
        [] => "no name at all".to_owned(),
        names => names.join(", "),
    };
    let days = |time: Duration| time.as_secs() / 86_400;
    match Validity::of(certificate, now) {
        Validity::Good { left } => {
            Finding::ok(CHECK, format!("a certificate for {names}, for {} more days", days(left)))
        }
        Validity::EndsIn(left) => Finding::warn(
            CHECK,
            format!("the certificate for {names} ends in {} days", days(left)),
            "renew it; a running server takes the new files by itself",
        ),
        Validity::Ended => Finding::fail(
            CHECK,
            format!("the certificate for {names} has ended, and clients refuse it"),
            "renew it; a running server takes the new files by itself",
        ),
        Validity::NotYet => Finding::fail(
            CHECK,
            format!("the certificate for {names} is not valid yet, and clients refuse it"),
            "look whether the clock is right",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_certificate_is_judged_by_its_end() {
        let day = Duration::from_hours(24);
        let epoch = SystemTime::UNIX_EPOCH;
        let certificate = Certificate {
            der: Vec::new().into(),
            names: vec!["calls.example.com".into()],
            not_before: epoch + 100 * day,
            not_after: epoch + 190 * day,
        };
        for (at, level, words) in [
            (99, Level::Fail, "not valid yet"),
            (110, Level::Ok, "for 80 more days"),
            (180, Level::Warn, "ends in 10 days"),
            (191, Level::Fail, "has ended"),
        ] {
            let found = judge(&certificate, epoch + at * day);
            assert_eq!(found.level, level, "{found:?}");
            assert!(found.found.contains(words), "{found:?}");
            assert!(found.found.contains("calls.example.com"), "{found:?}");
        }
    }
}
