//! What the mapping makes of files.

mod cells;
mod choices;
mod content;
mod names;
mod products;
mod round;

use super::*;
use crate::contact::Profile;
use crate::contact::draft::Rules;
use crate::{Error, FaultCode, Result};

fn mapping(headers: &[&str], chosen: &[(&str, &str)]) -> Result<Mapping> {
    let chosen = chosen.iter().map(|(column, field)| (column.to_string(), field.to_string())).collect();
    Mapping::new(headers.iter().map(ToString::to_string).collect(), &chosen, Additions::default())
}

fn read(mapping: &Mapping, cells: &[&str]) -> Result<Profile, Vec<CellFault>> {
    mapping.read(cells, &Rules::default()).map(|row| row.profile)
}

/// The columns that fill something, with what and why.
fn filling(mapping: &Mapping) -> Vec<(&str, String, &'static str)> {
    let shown = mapping.columns().filter(|column| column.target != Target::Ignored);
    shown.map(|column| (column.name.as_str(), column.target.to_string(), column.how.as_str())).collect()
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}
