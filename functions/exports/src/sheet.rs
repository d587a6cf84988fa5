//! A file's content: what stands at its beginning, and what is told of each contact.

use std::borrow::Cow;

use domain::contact::Contact;
use domain::export::{Column, Export, ExportFormat};
use formats::csv::{BYTE_ORDER_MARK, write_record};
use formats::formula::neutralised;

use crate::card;

/// How the contacts of an export are told.
pub(crate) struct Sheet<'a> {
    format: ExportFormat,
    columns: &'a [Column],
}

impl<'a> Sheet<'a> {
    pub(crate) fn of(export: &'a Export) -> Self {
        Self { format: export.format, columns: &export.columns }
    }

    /// What the file begins with.
    pub(crate) fn head(&self, out: &mut Vec<u8>) {
        if self.format == ExportFormat::Csv {
            let titles: Vec<String> = self.columns.iter().map(Column::title).collect();
            out.extend_from_slice(BYTE_ORDER_MARK);
            write_record(out, titles.iter().map(String::as_str));
        }
    }

    /// A contact. No cell is run by a spreadsheet that opens it.
    pub(crate) fn add(&self, out: &mut Vec<u8>, contact: &Contact) {
        match self.format {
            ExportFormat::Vcf => card::write(out, self.columns, contact),
            ExportFormat::Csv => {
                let texts: Vec<Cow<'_, str>> = self.columns.iter().map(|column| column.text(contact)).collect();
                let cells: Vec<Cow<'_, str>> = texts.iter().map(|text| neutralised(text)).collect();
                write_record(out, cells.iter().map(AsRef::as_ref));
            }
        }
    }
}
