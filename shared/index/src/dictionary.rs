//! Dictionaries: the distinct texts of a column, sorted, and a code for each row.

use std::cmp::Ordering;
use std::collections::HashMap;

/// The code of rows that have no text.
pub(crate) const NOTHING: u32 = 0;

/// Ends every text: none of the texts that are looked for holds it.
pub(crate) const END: u8 = b'\n';

/// Distinct texts, sorted by their bytes. The first has the code 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dictionary {
    /// The texts one after the other, each with an [`END`] behind it.
    bytes: Vec<u8>,
    /// Where each begins, and the end; one more than there are texts.
    starts: Vec<u32>,
}

impl Dictionary {
    /// The dictionary of these texts, which are sorted and distinct.
    pub(crate) fn of_sorted<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut dictionary = Self { bytes: Vec::new(), starts: vec![0] };
        texts.into_iter().for_each(|text| dictionary.push(text));
        dictionary
    }

    fn push(&mut self, text: &str) {
        self.bytes.extend(text.bytes().map(|byte| if byte == END { b' ' } else { byte }));
        self.bytes.push(END);
        self.starts.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many codes there are: one more than texts, for [`NOTHING`].
    pub(crate) fn codes(&self) -> usize {
        self.starts.len()
    }

    /// The text of a code; nothing's is empty.
    pub(crate) fn text(&self, code: u32) -> &str {
        match code.checked_sub(1) {
            Some(at) if (at as usize) < self.len() => {
                let (start, end) = (self.starts[at as usize] as usize, self.starts[at as usize + 1] as usize - 1);
                std::str::from_utf8(&self.bytes[start..end]).unwrap_or_default()
            }
            _ => "",
        }
    }

    /// The texts in order; the first has the code 1.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        (1..=self.len()).map(|code| self.text(u32::try_from(code).unwrap_or(NOTHING)))
    }

    /// The code of a text, or the code that it would have if it were added.
    pub(crate) fn find(&self, text: &str) -> Result<u32, u32> {
        let (mut low, mut high) = (1, self.codes());
        while low < high {
            let middle = usize::midpoint(low, high);
            let code = u32::try_from(middle).unwrap_or(u32::MAX);
            match self.text(code).cmp(text) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(code),
            }
        }
        Err(u32::try_from(low).unwrap_or(u32::MAX))
    }

    /// All texts, each with an [`END`] behind it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The code of the text that the byte at `at` belongs to.
    pub(crate) fn code_at(&self, at: usize) -> u32 {
        let code = self.starts.partition_point(|&start| start as usize <= at);
        u32::try_from(code).unwrap_or(u32::MAX)
    }

    /// Bytes of memory that it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.capacity() + self.starts.capacity() * 4
    }
}

/// A column of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coded {
    pub(crate) dictionary: Dictionary,
    /// The code of each row's text.
    pub(crate) codes: Vec<u32>,
}

/// Gathers a column of texts.
#[derive(Debug, Default)]
pub(crate) struct CodedBuilder {
    known: HashMap<String, u32>,
    rows: Vec<u32>,
}

impl CodedBuilder {
    /// The next row's text.
    pub(crate) fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(NOTHING, |text| match self.known.get(text) {
            Some(&code) => code,
            None => {
                let code = u32::try_from(self.known.len() + 1).unwrap_or(u32::MAX);
                self.known.insert(text.to_owned(), code);
                code
            }
        });
        self.rows.push(code);
    }

    /// The column.
    pub(crate) fn build(self) -> Coded {
        let mut texts: Vec<(String, u32)> = self.known.into_iter().collect();
        texts.sort_unstable();
        let mut codes = vec![NOTHING; texts.len() + 1];
        for (at, (_, early)) in (1..).zip(&texts) {
            codes[*early as usize] = at;
        }
        let dictionary = Dictionary::of_sorted(texts.iter().map(|(text, _)| text.as_str()));
        Coded { dictionary, codes: self.rows.into_iter().map(|early| codes[early as usize]).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_has_its_text_and_codes_are_in_the_texts_order(
            texts in prop::collection::vec(prop::option::of("[a-c\u{e9}]{0,3}"), 0..40), other in "[a-c]{0,3}",
        ) {
            let mut builder = CodedBuilder::default();
            texts.iter().for_each(|text| builder.push(text.as_deref()));
            let Coded { dictionary, codes } = builder.build();
            for (text, &code) in texts.iter().zip(&codes) {
                prop_assert_eq!(text.as_deref().unwrap_or_default(), dictionary.text(code));
                prop_assert_eq!(text.is_none(), code == NOTHING);
                if let Some(text) = text {
                    prop_assert_eq!(dictionary.find(text), Ok(code));
                }
            }
            prop_assert!(dictionary.texts().is_sorted());
            let place = dictionary.find(&other).unwrap_or_else(|place| place);
            prop_assert_eq!(place as usize, 1 + dictionary.texts().filter(|text| *text < other.as_str()).count());
        }
    }
}
