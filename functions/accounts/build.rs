//! Takes the files of Swagger UI that the function serves out of the archive that a crate brings along, so that nothing
//! is fetched and no copy of them is kept here.

use std::error::Error;
use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::{env, fs, io};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

/// In the archive's only folder, which carries the version in its name.
const FILES: [&str; 3] = ["dist/swagger-ui-bundle.js", "dist/swagger-ui.css", "LICENSE"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("Cargo sets OUT_DIR")?);
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let folder = archive.file_names().next().ok_or("the archive is empty")??.into_owned();
    for path in FILES {
        let index =
            archive.index_for_name(&format!("{folder}{path}")).ok_or_else(|| format!("no {path} in {folder}"))?;
        let name = path.trim_start_matches("dist/");
        fs::write(out.join(format!("{name}.gz")), gzipped(archive.by_index_raw(index)?)?)?;
    }
    Ok(())
}

/// The entry as a gzip file (RFC 1952, section 2.3): both hold the same deflate stream, so nothing is compressed anew.
fn gzipped(mut entry: ZipFile<'_, impl Read>) -> io::Result<Vec<u8>> {
    if entry.compression() != CompressionMethod::DEFLATE {
        return Err(io::Error::other(format!("not deflated: {:?}", entry.compression())));
    }
    let size = u32::try_from(entry.size()).map_err(io::Error::other)?;
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    entry.read_to_end(&mut file)?;
    file.extend(entry.crc32().to_le_bytes());
    file.extend(size.to_le_bytes());
    Ok(file)
}
