//! Query strings: read parameter by parameter, so that one answer names everything that is wrong.

use std::str::FromStr;

use actix_web::{HttpRequest, web};
use branchline_domain::nearest::advice;

use crate::{
    error_mapping::Refusal,
    headers::state,
    problem::{FieldFault, Problem},
    unquoted::unquoted,
};

/// Faults named in one answer.
const FAULTS_MAX: usize = 100;

/// The parameters of a query string. What is left over at the end is unknown.
#[derive(Debug)]
pub(crate) struct Query {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Vec<FieldFault>,
}

impl Query {
    /// The parameters of a request.
    ///
    /// # Errors
    ///
    /// 400 when the query string cannot be read, or has too many parameters.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let query = Self::parse(request.query_string())?;
        let most = state(request)?.limits.query_parameters_max;
        if query.given.len() <= most {
            return Ok(query);
        }
        let detail = format!("the query has more than {most} parameters");
        let fault = FieldFault { detail, ..FieldFault::default() };
        Err(Problem::invalid(Refusal::InvalidQuery, vec![fault]))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        match web::Query::<Vec<(String, String)>>::from_query(text) {
            Ok(given) => {
                Ok(Self { given: given.into_inner(), known: Vec::new(), faults: Vec::new() })
            }
            // The error quotes what came.
            Err(_) => Err(Problem::invalid(
                Refusal::InvalidQuery,
                vec![FieldFault {
                    detail:
                        "the query string cannot be read: write it as `name=value&name=value`, \
                             percent-encoded UTF-8"
                            .into(),
                    ..FieldFault::default()
                }],
            )),
        }
    }

    /// A parameter as it was written.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let index = self.given.iter().position(|(given, _)| given == name)?;
        let (_, value) = self.given.swap_remove(index);
        if self.given.iter().any(|(given, _)| given == name) {
            self.given.retain(|(given, _)| given != name);
            self.fault(name, "is given more than once");
        }
        Some(value)
    }

    /// A parameter, read.
    pub(crate) fn value<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, &unquoted(&error.to_string()));
                None
            }
        }
    }

    /// A yes or no; missing is no.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.fault(name, "is neither true nor false");
                false
            }
        }
    }

    /// Whether something is wrong with a parameter.
    pub(crate) fn is_at_fault(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| fault.parameter.as_deref() == Some(name))
    }

    /// Notes what is wrong with a parameter.
    pub(crate) fn fault(&mut self, name: &str, problem: &str) {
        let shown: String = name.chars().take(80).collect();
        self.faults.push(FieldFault {
            detail: format!("{shown}: {problem}"),
            parameter: Some(shown),
            ..FieldFault::default()
        });
    }

    /// Nothing is wrong and nothing is left.
    ///
    /// # Errors
    ///
    /// 400 with every fault and every unknown parameter.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        let known = self.known.clone();
        for (name, _) in std::mem::take(&mut self.given) {
            let advice = if known.is_empty() {
                "this route has none".into()
            } else {
                advice(&name.chars().take(80).collect::<String>(), &known)
            };
            self.fault(&name, &format!("is not a parameter; {advice}"));
        }
        if self.faults.is_empty() {
            return Ok(());
        }
        self.faults.truncate(FAULTS_MAX);
        Err(Problem::invalid(Refusal::InvalidQuery, self.faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_faulty_and_repeated_parameters_are_all_named() {
        let mut query = Query::parse("a=1&a=2&limit=x&colour=red&force=yes").unwrap();
        assert_eq!(query.text("a").as_deref(), Some("1"));
        assert_eq!(query.value::<u64>("limit"), None);
        assert!(!query.flag("force"));
        let problem = query.finish().unwrap_err();
        let named: Vec<_> =
            problem.errors.iter().map(|fault| fault.parameter.as_deref().unwrap()).collect();
        assert_eq!(named, ["a", "limit", "force", "colour"]);
    }

    #[test]
    fn a_known_and_readable_query_passes() {
        let mut query = Query::parse("status=running&force=true").unwrap();
        assert_eq!(query.text("status").as_deref(), Some("running"));
        assert!(query.flag("force"));
        assert_eq!(query.text("absent"), None);
        assert!(query.finish().is_ok());
    }
}
