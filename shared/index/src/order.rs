//! Orders of a segment's rows.
//!
//! What a row is sorted by is a number that fits its place among the others of its segment, [`Keys`] tells it. The order
//! of all rows is computed when it is first needed, and kept.

pub(crate) mod keys;
pub(crate) mod names;
pub(crate) mod rows;
