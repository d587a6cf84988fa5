//! The licences of what others made: each must let us pass it on.

use anyhow::{Context, Result, ensure};
use cargo_metadata::Package;
use spdx::{Expression, Licensee, ParseMode};

use crate::workspace;

/// What we accept. All let us distribute binaries under our own terms as long as the notices come along.
const ACCEPTED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // Covers data, not code: the list of certificate authorities.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    // libFuzzer, which is in no binary that is passed on: the terms of MIT and BSD together.
    "NCSA",
    "Unicode-3.0",
    "Zlib",
];

/// Checks every dependency, of all platforms and kinds. A crate that names no licence, only a file, is not accepted.
///
/// # Errors
/// When there are any that are not accepted; it names all of them.
pub(crate) fn check() -> Result<()> {
    let accepted = accepted()?;
    let metadata = workspace::metadata()?;
    let packages = workspace::third_party(&metadata);
    let refused: Vec<String> = packages.iter().filter_map(|package| refusal(package, &accepted)).collect();
    ensure!(refused.is_empty(), "licences that are not accepted:\n  {}", refused.join("\n  "));
    println!("   {} packages, all under licences that are accepted", packages.len());
    Ok(())
}

fn accepted() -> Result<Vec<Licensee>> {
    ACCEPTED.iter().map(|name| Licensee::parse(name).with_context(|| format!("not a licence: {name}"))).collect()
}

fn refusal(package: &Package, accepted: &[Licensee]) -> Option<String> {
    let licence = package.license.as_deref();
    let fine = licence.is_some_and(|licence| may_be_used(licence, accepted));
    (!fine).then(|| format!("{} {}: {}", package.name, package.version, licence.unwrap_or("names no licence")))
}

fn may_be_used(licence: &str, accepted: &[Licensee]) -> bool {
    let expression = Expression::parse_mode(licence, ParseMode::LAX);
    expression
        .is_ok_and(|expression| expression.evaluate(|needed| accepted.iter().any(|licence| licence.satisfies(needed))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_needs_one_accepted_licence_and_a_sum_needs_all() {
        let accepted = accepted().unwrap();
        for licence in ["MIT/Apache-2.0", "MIT OR LGPL-2.1-or-later", "(MIT OR GPL-3.0) AND Unicode-3.0"] {
            assert!(may_be_used(licence, &accepted), "{licence}");
        }
        for licence in ["GPL-3.0-only", "MIT AND LGPL-2.1-or-later", "Proprietary", ""] {
            assert!(!may_be_used(licence, &accepted), "{licence}");
        }
    }
}
