//! Why a file cannot be read, in words for the person who uploaded it.

use super::{MAX_COLUMNS, MAX_UNPACKED};

/// What ends the reading of a file. The text is meant for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Packed, where it should have been unpacked by now. (A zip archive is to be read as an [`Entry`](crate::zip::Entry) of it.)
    #[error("the file is an archive within another; pack it once only")]
    Archive,
    /// A spreadsheet's own format.
    #[error("the file is a spreadsheet; save it as CSV and upload that")]
    Spreadsheet,
    /// The packed bytes make no sense, or more follows behind them.
    #[error("the packed file is damaged")]
    Damaged,
    /// The packed bytes end in the middle.
    #[error("the packed file ends too early; it may not have been uploaded as a whole")]
    Truncated,
    /// More than 5 GiB when unpacked.
    #[error("the file is larger than {} GiB when it is unpacked", MAX_UNPACKED >> 30)]
    TooLarge,
    /// Unpacks to so much more than it is that nobody can mean it.
    #[error("the file unpacks to more than 250 times its size, which files of contacts do not")]
    Bomb,
    /// A row does not end.
    #[error("the row that begins in line {line} is longer than 1 MiB; a quotation mark may be missing")]
    RowTooLong {
        /// Where it begins.
        line: u64,
    },
    /// A vCard does not end.
    #[error("the vCard that begins in line {line} is longer than 1 MiB")]
    CardTooLong {
        /// Where it begins.
        line: u64,
    },
    /// The first row does not end.
    #[error("the header in line {line} is longer than 64 KiB; a quotation mark may be missing")]
    HeaderTooLong {
        /// Where it begins.
        line: u64,
    },
    /// The first row has too many columns.
    #[error("the header in line {line} has more than {MAX_COLUMNS} columns")]
    TooManyColumns {
        /// Where it begins.
        line: u64,
    },
    /// The first row is no text: the file is something else, or in another encoding.
    #[error("the header in line {line} is not text in {encoding}; the file may be no CSV file, or in another encoding")]
    NotText {
        /// Where it begins.
        line: u64,
        /// What it was read as.
        encoding: &'static str,
    },
    /// An archive without a file that could be meant.
    #[error("the archive holds no CSV or vCard file")]
    NoEntry,
    /// An archive with several files that could be meant.
    #[error("the archive holds several files, among them \"{first}\" and \"{second}\"; pack one only")]
    SeveralEntries {
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// An archive that needs a password.
    #[error("\"{name}\" in the archive is encrypted; pack it without a password")]
    Encrypted {
        /// The file.
        name: String,
    },
    /// An archive's file is packed in a rare way.
    #[error("\"{name}\" in the archive is packed in a way that is not supported; pack it as an ordinary zip file")]
    Method {
        /// The file.
        name: String,
    },
    /// An archive's list of files is too long.
    #[error("the archive holds too many files")]
    TooManyEntries,
    /// An archive whose structure makes no sense.
    #[error("the zip archive is damaged, or was not uploaded as a whole")]
    ArchiveDamaged,
}
