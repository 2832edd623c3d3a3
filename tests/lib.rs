//! Tests of the whole: scenarios, the rules of a lead, the architecture. There is nothing to use.
