//! The pages as people meet them: in a real browser, with a mouse and a keyboard, beside a server of
//! each test's own. `tests/browser/run` says how to run them.
//!
//! Whatever a page says to the console as an error, each violation of its policy, each exception and
//! each dialog fails the test during which it came.

mod axe;
mod browser;
mod campaign;
mod server;
mod tab;

mod builder;
mod every_page;
mod hostile;
mod lead;
mod life;
mod live;
mod login;
