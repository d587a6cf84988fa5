//! Columns of texts, folded: the dictionaries become one, without the texts that no row has any more.

use crate::dictionary::{Coded, Dictionary, NOTHING};
use crate::fold::Fold;
use crate::segment::Segment;

impl<'a> Fold<'a> {
    pub(super) fn coded(&self, column: impl Fn(&'a Segment) -> &'a Coded) -> Coded {
        let columns = self.columns(column);
        let mut renamed: Vec<Vec<u32>> = columns.iter().map(|coded| vec![NOTHING; coded.dictionary.codes()]).collect();
        for source in &self.rows {
            renamed[source.segment()][columns[source.segment()].codes[source.row()] as usize] = IN_USE;
        }
        let dictionary = united(&columns, &mut renamed);
        let rename = |segment: usize, row: usize| renamed[segment][columns[segment].codes[row] as usize];
        let codes = self.rows.iter().map(|source| rename(source.segment(), source.row())).collect();
        Coded { dictionary, codes }
    }
}

/// In place of the new code of a text that some row has.
const IN_USE: u32 = u32::MAX;

/// The texts that are in use, which get their new codes.
fn united(columns: &[&Coded], renamed: &mut [Vec<u32>]) -> Dictionary {
    let mut texts: Vec<(&str, usize, usize)> = Vec::new();
    for (segment, (coded, renamed)) in columns.iter().zip(renamed.iter_mut()).enumerate() {
        renamed[NOTHING as usize] = NOTHING;
        let all = coded.dictionary.texts().zip(1..);
        texts.extend(all.filter(|(_, code)| renamed[*code] == IN_USE).map(|(text, code)| (text, segment, code)));
    }
    texts.sort_by_key(|(text, ..)| *text);
    let mut dictionary = Dictionary::of_sorted([]);
    for same in texts.chunk_by(|(one, ..), (next, ..)| one == next) {
        dictionary.push(same[0].0);
        for (_, segment, code) in same {
            renamed[*segment][*code] = u32::try_from(dictionary.len()).unwrap_or(u32::MAX);
        }
    }
    dictionary
}
