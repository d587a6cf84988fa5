//! The workspace: where it is, and what is in it.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.ancestors().nth(2).unwrap_or(xtask)
}

/// The workspace with all its dependencies, of all platforms.
pub(crate) fn metadata() -> Result<Metadata> {
    MetadataCommand::new().current_dir(root()).exec().context("cannot read the workspace")
}

/// Packages that others made, as far as the workspace's default features need them.
pub(crate) fn third_party(metadata: &Metadata) -> Vec<&Package> {
    let resolved = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    resolved.map(|node| &metadata[&node.id]).filter(|package| package.source.is_some()).collect()
}

/// The names of the crates in `functions/`, sorted.
pub(crate) fn functions(metadata: &Metadata) -> Vec<String> {
    let in_functions = |package: &&Package| place(metadata, package).starts_with("functions/");
    let mut names: Vec<_> = metadata
        .workspace_packages()
        .into_iter()
        .filter(in_functions)
        .map(|package| package.name.to_string())
        .collect();
    names.sort();
    names
}

/// The folder of a workspace's package, seen from the root: `functions/contacts`.
pub(crate) fn place<'a>(metadata: &Metadata, package: &'a Package) -> &'a str {
    let folder = package.manifest_path.parent().unwrap_or(&package.manifest_path);
    folder.strip_prefix(&metadata.workspace_root).unwrap_or(folder).as_str()
}
