//! What the codec promises: see the name of each test.

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod arbitrary_documents;
#[cfg(test)]
mod arbitrary_organisation;
#[cfg(test)]
mod classes;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod schema_1;
#[cfg(test)]
mod support;
