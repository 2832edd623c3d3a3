//! The engine over a journal in memory, asked as hosts ask it.

mod commands;
mod enrolment;
mod events;
mod gate;
mod idempotency;
mod order;
mod restart;
mod world;
