//! What holds the architecture together, as tests: which crate may know which, and which crate may be there at all.

mod sources;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, PackageId};

use crate::workspace::{place, root};

/// Crates of AWS, of HTTP, and of what they run on; one that ends with `-` or `_` stands for all that begin with it.
const OUTSIDE_WORLD: [&str; 9] = ["aws-", "aws_", "axum", "http", "hyper", "lambda_", "reqwest", "tokio", "tower"];

/// The workspace, for this machine only: what is not needed to build on it need not be there.
fn metadata() -> Metadata {
    let rustc = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let options = ["--filter-platform".to_owned(), host.to_owned()];
    MetadataCommand::new().current_dir(root()).other_options(options).exec().unwrap()
}

fn nodes(metadata: &Metadata) -> BTreeMap<&PackageId, &Node> {
    metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (&node.id, node)).collect()
}

/// What a package is built from, as opposed to what its tests need.
fn built_from(node: &Node) -> impl Iterator<Item = &PackageId> {
    let needed = |kind: DependencyKind| matches!(kind, DependencyKind::Normal | DependencyKind::Build);
    node.deps.iter().filter(move |dep| dep.dep_kinds.iter().any(|info| needed(info.kind))).map(|dep| &dep.pkg)
}

/// The folders of the workspace's crates, each with the folders of those that it is built from.
fn arrows(metadata: &Metadata) -> BTreeMap<&str, BTreeSet<&str>> {
    let nodes = nodes(metadata);
    let ours = |id: &&PackageId| metadata.workspace_members.contains(id);
    let known = |id| built_from(nodes[id]).filter(ours).map(|id| place(metadata, &metadata[id])).collect();
    metadata.workspace_members.iter().map(|id| (place(metadata, &metadata[id]), known(id))).collect()
}

/// The folders of the workspace's crates that name `dependency` in their manifest, for whatever purpose.
fn folders_naming<'a>(metadata: &'a Metadata, dependency: &str) -> Vec<&'a str> {
    let packages = metadata.workspace_packages().into_iter();
    let naming = packages.filter(|package| package.dependencies.iter().any(|known| known.name == dependency));
    naming.map(|package| place(metadata, package)).collect()
}

#[test]
fn arrows_point_from_functions_to_shared_crates_from_these_to_the_runtime_and_from_it_to_the_domain() {
    let metadata = metadata();
    for (folder, known) in arrows(&metadata) {
        let allowed: fn(&str) -> bool = match folder.split('/').next() {
            Some("functions") => |known| known.starts_with("shared/"),
            Some("shared") if folder == "shared/domain" => |_| false,
            Some("shared") if folder == "shared/runtime" => |known| known == "shared/domain",
            // What the index is made of in the cloud: files and a table.
            Some("shared") if folder == "shared/catalog" => {
                |known| known != "shared/edge" && known.starts_with("shared/")
            }
            Some("shared") => |known| ["shared/domain", "shared/runtime"].contains(&known),
            _ => continue,
        };
        let wrong: Vec<_> = known.into_iter().filter(|known| !allowed(known)).collect();
        assert!(wrong.is_empty(), "{folder} must not depend on {wrong:?}");
    }
}

#[test]
fn the_embedded_services_know_nothing_of_ours() {
    assert_eq!(arrows(&metadata())["infra/embedded"], BTreeSet::new());
}

#[test]
fn only_the_local_stack_knows_more_than_one_function() {
    let metadata = metadata();
    let functions = |known: &BTreeSet<&str>| known.iter().filter(|known| known.starts_with("functions/")).count();
    let knowing: Vec<_> =
        arrows(&metadata).into_iter().filter(|(_, known)| functions(known) > 1).map(|(f, _)| f).collect();
    assert_eq!(knowing, ["infra/local"]);
}

#[test]
fn the_domain_is_built_without_any_crate_of_aws_or_http() {
    let metadata = metadata();
    let nodes = nodes(&metadata);
    let domain = metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == "domain").unwrap();
    let (mut seen, mut open) = (BTreeSet::from([&domain.id]), vec![&domain.id]);
    while let Some(id) = open.pop() {
        open.extend(built_from(nodes[id]).filter(|id| seen.insert(id)));
    }
    assert!(seen.len() > 1, "the graph is empty");
    for id in seen {
        let name = metadata[id].name.as_str();
        let outside =
            |known: &&str| if known.ends_with(['-', '_']) { name.starts_with(*known) } else { name == *known };
        assert!(!OUTSIDE_WORLD.iter().any(outside), "the domain depends on {name}");
    }
}

#[test]
fn each_aws_service_is_known_to_one_shared_crate() {
    let metadata = metadata();
    for (sdk, knower) in
        [("aws-sdk-dynamodb", "shared/store"), ("aws-sdk-s3", "shared/runtime"), ("aws-sdk-sqs", "shared/runtime")]
    {
        let folders = folders_naming(&metadata, sdk);
        assert!(folders.contains(&knower), "{knower} should depend on {sdk}");
        for folder in folders {
            let outer = folder.starts_with("infra/") || folder.starts_with("tests");
            assert!(outer || folder == knower, "{folder} must not depend on {sdk}");
        }
    }
}

#[test]
fn no_crate_and_no_file_of_the_product_is_an_attic() {
    let metadata = metadata();
    let attics = ["utils", "util", "common", "helpers", "models", "services", "types", "misc"];
    for package in metadata.workspace_packages() {
        assert!(!attics.contains(&package.name.as_str()), "{}", package.name);
    }
    for file in ["functions", "shared"].into_iter().flat_map(|folder| sources::below(&root().join(folder))) {
        let folder = file.parent().and_then(|folder| folder.file_name());
        let name = if file.ends_with("mod.rs") { folder } else { file.file_stem() };
        assert!(!attics.iter().any(|attic| name == Some(attic.as_ref())), "{}", file.display());
    }
}
