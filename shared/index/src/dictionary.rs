//! Dictionaries: the distinct texts of a column, sorted, and a code for each row.

use std::cmp::Ordering;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::gallop::gallop;

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
    /// The dictionary of these texts, which are sorted and distinct, and hold no [`END`].
    pub(crate) fn of_sorted<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut dictionary = Self { bytes: Vec::new(), starts: vec![0] };
        texts.into_iter().for_each(|text| dictionary.push(text));
        dictionary
    }

    /// The dictionary of these bytes: sorted and distinct texts, `most` at most, each with an [`END`] behind it.
    pub(crate) fn of_bytes(bytes: Vec<u8>, most: usize) -> Result<Self, &'static str> {
        let starts = starts_of(&bytes, most)?;
        let mut texts = starts.windows(2).map(|ends| &bytes[ends[0] as usize..ends[1] as usize - 1]);
        if !texts.by_ref().is_sorted_by(|one, next| one < next) {
            return Err("is not sorted");
        }
        Ok(Self { bytes, starts })
    }

    /// The next text, behind all others, without an [`END`] in it.
    pub(crate) fn push(&mut self, text: &str) {
        self.bytes.extend(text.as_bytes());
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
        std::str::from_utf8(self.text_bytes(code)).unwrap_or_default()
    }

    /// The same, cheaper.
    pub(crate) fn text_bytes(&self, code: u32) -> &[u8] {
        match code.checked_sub(1) {
            Some(at) if (at as usize) < self.len() => {
                &self.bytes[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize - 1]
            }
            _ => &[],
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
            match self.text_bytes(code).cmp(text.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(code),
            }
        }
        Err(u32::try_from(low).unwrap_or(u32::MAX))
    }

    /// The same for a text whose code, or place, is `from` or behind it: cheap if it is near.
    pub(crate) fn find_from(&self, from: u32, text: &str) -> Result<u32, u32> {
        let code = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = code(gallop(from as usize, self.codes(), |at| self.text_bytes(code(at)) < text.as_bytes()));
        if (place as usize) < self.codes() && self.text_bytes(place) == text.as_bytes() {
            Ok(place)
        } else {
            Err(place)
        }
    }

    /// All texts, each with an [`END`] behind it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where each text begins in the bytes, and the end.
    pub(crate) fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Bytes of memory that it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.capacity() + self.starts.capacity() * 4
    }
}

/// Where each of the texts begins, `most` at most, of which each has an [`END`] behind it, and the end.
pub(crate) fn starts_of(bytes: &[u8], most: usize) -> Result<Vec<u32>, &'static str> {
    if std::str::from_utf8(bytes).is_err() || bytes.last().is_some_and(|last| *last != END) {
        return Err("is no text, or is cut off within one");
    }
    let count = memchr::memchr_iter(END, bytes).count();
    if count > most || u32::try_from(bytes.len()).is_err() {
        return Err("has more texts than its rows allow");
    }
    let mut starts = Vec::with_capacity(count + 1);
    starts.push(0);
    starts.extend(memchr::memchr_iter(END, bytes).map(|end| end as u32 + 1));
    Ok(starts)
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
pub(crate) struct CodedBuilder<'a> {
    known: HashMap<&'a str, u32, RandomState>,
    /// The distinct texts as they came: the first has the code 1.
    texts: Vec<&'a str>,
    rows: Vec<u32>,
}

impl<'a> CodedBuilder<'a> {
    /// Takes the texts of so many rows.
    pub(crate) fn new(rows: usize) -> Self {
        Self { rows: Vec::with_capacity(rows), ..Self::default() }
    }

    /// The next row's text.
    pub(crate) fn push(&mut self, text: Option<&'a str>) {
        let code = text.map_or(NOTHING, |text| {
            *self.known.entry(text).or_insert_with(|| {
                self.texts.push(text);
                u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
            })
        });
        self.rows.push(code);
    }

    /// The column of the texts in this form.
    pub(crate) fn build(self, form: impl Fn(&str) -> String) -> Coded {
        let mut texts: Vec<(String, u32)> = self.texts.into_iter().map(|text| in_a_line(form(text))).zip(1..).collect();
        texts.sort_unstable();
        let mut codes = vec![NOTHING; texts.len() + 1];
        let mut dictionary = Dictionary::of_sorted([]);
        for (at, (text, early)) in texts.iter().enumerate() {
            if at == 0 || texts[at - 1].0 != *text {
                dictionary.push(text);
            }
            codes[*early as usize] = u32::try_from(dictionary.len()).unwrap_or(u32::MAX);
        }
        let mut rows = self.rows;
        rows.iter_mut().for_each(|code| *code = codes[*code as usize]);
        Coded { dictionary, codes: rows }
    }
}

fn in_a_line(text: String) -> String {
    if memchr::memchr(END, text.as_bytes()).is_some() { text.replace(char::from(END), " ") } else { text }
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
            let Coded { dictionary, codes } = builder.build(str::to_owned);
            for (text, &code) in texts.iter().zip(&codes) {
                prop_assert_eq!(text.as_deref().unwrap_or_default(), dictionary.text(code));
                prop_assert_eq!(text.is_none(), code == NOTHING);
                if let Some(text) = text {
                    prop_assert_eq!(dictionary.find(text), Ok(code));
                }
            }
            prop_assert!(dictionary.texts().is_sorted());
            let place = dictionary.find(&other).unwrap_or_else(|place| place);
            prop_assert_eq!(dictionary.find_from(1, &other), dictionary.find(&other));
            prop_assert_eq!(place as usize, 1 + dictionary.texts().filter(|text| *text < other.as_str()).count());
            prop_assert_eq!(Dictionary::of_bytes(dictionary.bytes().to_vec(), texts.len()), Ok(dictionary));
        }
    }

    #[test]
    fn texts_of_the_same_form_have_one_code() {
        let mut builder = CodedBuilder::default();
        for text in ["B", "a\nc", "b", "a c", "A\u{b}"] {
            builder.push(Some(text));
        }
        let coded = builder.build(str::to_lowercase);
        assert_eq!(
            (coded.dictionary.texts().collect::<Vec<_>>(), coded.codes),
            (vec!["a\u{b}", "a c", "b"], vec![3, 2, 3, 2, 1])
        );
    }

    #[test]
    fn bytes_that_are_no_dictionary_are_refused() {
        for bytes in [&b"b\na\n"[..], b"a\na\n", b"a\nb", b"\xff\n"] {
            assert!(Dictionary::of_bytes(bytes.to_vec(), 9).is_err());
        }
        assert!(Dictionary::of_bytes(b"a\nb\n".to_vec(), 1).is_err());
    }
}
