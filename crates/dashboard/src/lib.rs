//! The front of the house: pages for campaign operators.

pub mod drawing;
