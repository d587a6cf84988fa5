//! What must not stand in the sources.

use std::fs;
use std::path::{Path, PathBuf};

use super::metadata;
use crate::workspace::{functions, place, root};

/// The Rust files in a folder and all folders in it.
pub(super) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// A line without the comment at its end.
fn code(line: &str) -> &str {
    let line = line.trim_start();
    if line.starts_with("//") { "" } else { line.split_once(" //").map_or(line, |(code, _)| code) }
}

#[test]
fn nothing_but_the_store_names_dynamodb() {
    let metadata = metadata();
    let inner = |folder: &&str| {
        (folder.starts_with("functions/") || folder.starts_with("shared/")) && *folder != "shared/store"
    };
    let packages = metadata.workspace_packages();
    let folders: Vec<_> = packages.iter().map(|package| place(&metadata, package)).filter(inner).collect();
    assert!(!folders.is_empty());
    for file in folders.iter().flat_map(|folder| below(&root().join(folder))) {
        for (number, line) in (1..).zip(fs::read_to_string(&file).unwrap().lines()) {
            assert!(!code(line).to_lowercase().contains("dynamodb"), "{}:{number}: {line}", file.display());
        }
    }
}

#[test]
fn the_main_file_of_a_function_is_at_most_fifteen_lines() {
    for function in functions(&metadata()) {
        let main = fs::read_to_string(root().join("functions").join(&function).join("src/main.rs")).unwrap();
        assert!(main.lines().count() <= 15, "functions/{function}/src/main.rs");
    }
}

#[test]
fn a_comment_is_not_code() {
    assert_eq!(code("    // DynamoDB"), "");
    assert_eq!(code("    let x = 1; // DynamoDB"), "let x = 1;");
    assert_eq!(code("let url = \"http://host\";"), "let url = \"http://host\";");
}
