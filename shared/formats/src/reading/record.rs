//! What reading gives: records of cells.

/// One row, or one card. The first record of a file is its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'r> {
    /// The line where it begins, from 1, as an editor shows it.
    pub line: u64,
    /// Why it cannot be taken as it is. Its cells then hold U+FFFD in the place of what is no text.
    pub flaw: Option<Flaw>,
    /// What it holds.
    pub cells: Cells<'r>,
}

/// The cells of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cells<'r> {
    pub(super) text: &'r str,
    pub(super) ends: &'r [usize],
}

/// What is wrong with one record, while the others can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Bytes that mean nothing in the file's encoding.
    #[error("holds bytes that are not text in the file's encoding")]
    NotText,
    /// NUL.
    #[error("holds a NUL character, which no text does")]
    Nul,
    /// Text in cells beyond the thousandth. The cells up to there are told.
    #[error("has more than {} cells", super::MAX_COLUMNS)]
    TooManyCells,
    /// A card without its last line.
    #[error("does not end with END:VCARD")]
    Unfinished,
}

impl<'r> Cells<'r> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell at a position, from 0.
    pub fn get(&self, at: usize) -> Option<&'r str> {
        let start = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        self.text.get(start..*self.ends.get(at)?)
    }

    /// All, from left to right.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'r str> + Clone + use<'r> {
        let (text, mut start) = (self.text, 0);
        self.ends.iter().map(move |end| {
            let cell = text.get(start..*end).unwrap_or_default();
            start = *end;
            cell
        })
    }
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NotText, Self::Nul, Self::TooManyCells, Self::Unfinished];

    /// One word for it, to be kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotText => "not_text",
            Self::Nul => "nul",
            Self::TooManyCells => "too_many_cells",
            Self::Unfinished => "unfinished",
        }
    }

    /// The flaw that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flaw| flaw.word() == word)
    }
}

/// Cells that were put together here.
#[derive(Debug, Default)]
pub(super) struct OwnCells {
    text: String,
    ends: Vec<usize>,
}

impl OwnCells {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// A cell of bytes that may be no text.
    pub(super) fn push_bytes(&mut self, cell: &[u8]) {
        let text = String::from_utf8_lossy(cell);
        self.text.extend(text.chars().map(|char| if char == '\0' { char::REPLACEMENT_CHARACTER } else { char }));
        self.ends.push(self.text.len());
    }

    pub(super) fn cells(&self) -> Cells<'_> {
        Cells { text: &self.text, ends: &self.ends }
    }
}
