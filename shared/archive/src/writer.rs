//! Writing an archive, front to back, to what cannot seek.
//!
//! Files are stored, not compressed: media is already, and each byte costs its reader once. Their
//! checksums follow them (data descriptors), and what is large is ZIP64
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>).

use std::fmt;
use std::io::Write;

use model::{Checksum, Timestamp};
use sha2::{Digest, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};
use zip::{CompressionMethod, DateTime};

use crate::key::SigningKey;
use crate::manifest::Manifest;
use crate::{Error, MANIFEST, SIGNATURE};

/// An archive that is being written to `W`.
pub struct Writer<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    options: SimpleFileOptions,
    digest: Sha256,
    size: u64,
}

impl<W: Write> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

/// What was written of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Of its bytes.
    pub sha256: Checksum,
    /// Bytes.
    pub size: u64,
}

impl<W: Write> Writer<W> {
    /// An archive all of whose files bear the time `at`.
    #[must_use]
    pub fn new(sink: W, at: Timestamp) -> Self {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(time(at))
            .unix_permissions(0o644);
        Self { zip: ZipWriter::new_stream(sink), options, digest: Sha256::new(), size: 0 }
    }

    /// Begins a file of `size` bytes.
    pub fn begin(&mut self, path: &str, size: u64) -> Result<(), Error> {
        // Sizes of 32 bits hold less than this; the largest of them says that the size stands elsewhere.
        let large = size >= u64::from(u32::MAX);
        self.zip.start_file(path, self.options.large_file(large))?;
        (self.digest, self.size) = (Sha256::new(), 0);
        Ok(())
    }

    /// Writes on in the file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.zip.write_all(bytes)?;
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Ends the file.
    #[must_use]
    pub fn end(&mut self) -> Written {
        Written {
            sha256: Checksum::from_digest(self.digest.finalize_reset().into()),
            size: self.size,
        }
    }

    /// Ends the archive with its manifest, signed.
    pub fn finish(self, manifest: &Manifest, key: &SigningKey) -> Result<W, Error> {
        let text = serde_json::to_vec_pretty(manifest)?;
        let signature = key.sign(&text);
        self.finish_with(&text, &signature)
    }

    /// Ends the archive with a manifest and a signature as they are.
    pub(crate) fn finish_with(mut self, manifest: &[u8], signature: &[u8]) -> Result<W, Error> {
        for (path, bytes) in [(MANIFEST, manifest), (SIGNATURE, signature)] {
            self.begin(path, bytes.len() as u64)?;
            self.write(bytes)?;
        }
        Ok(self.zip.finish()?.into_inner())
    }
}

/// The time as ZIP has it: of the years 1980 to 2107, to two seconds.
fn time(at: Timestamp) -> DateTime {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |part: i8| u8::try_from(part).unwrap_or_default();
    DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or_default(),
        part(at.month()),
        part(at.day()),
        part(at.hour()),
        part(at.minute()),
        part(at.second()),
    )
    .unwrap_or_default()
}
