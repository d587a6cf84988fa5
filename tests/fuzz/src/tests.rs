//! The corpus, and random changes of it.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let files = std::fs::read_dir(folder).unwrap();
    let corpus: Vec<_> = files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(corpus.len() > 10, "{} files in the corpus", corpus.len());
    corpus
}

#[test]
fn all_of_it_holds_for_the_corpus() {
    corpus().iter().for_each(|input| check(input));
}

proptest! {
    #[test]
    fn it_holds_for_any_bytes(input in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&input);
    }

    #[test]
    fn it_holds_for_texts_of_what_files_are_made_of(
        text in r#"([0-9]{2})((email|name|phone|a@b.co|'|=|"|,|;|\t|\|| |\r|\n|\r\n|ü|[a-c]){0,60})"#,
    ) {
        check(text.as_bytes());
    }

    #[test]
    fn it_holds_for_files_in_which_something_was_changed(
        mut input in select(corpus()),
        changes in prop::collection::vec((any::<Index>(), select(b"\0\r\n\",;\t='a\xff\xe9\x80:".to_vec())), 0..8),
        other in select(corpus()),
        cuts in any::<(Index, Index, bool)>(),
    ) {
        for (at, byte) in changes {
            let at = at.index(input.len());
            input[at] = byte;
        }
        let (from, to, joined) = cuts;
        if joined {
            input.truncate(from.index(input.len()));
            input.extend_from_slice(&other[to.index(other.len())..]);
        }
        check(&input);
    }
}
