//! Writing an archive, front to back.
//!
//! Files are stored, not compressed: media is already, and each byte costs its reader once. A file's
//! checksum and size stand before it, in its header, and nothing stands behind it, so that whoever
//! reads from a pipe needs no more; the header is written again once the checksum is known. Only what
//! is too large for 32 bits is ZIP64
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>).

use std::fmt;
use std::io::{Seek, Write};

use domain::{Checksum, Timestamp};
use sha2::{Digest, Sha256};
use zip::write::{FullFileOptions, SimpleFileOptions, StreamWriter, ZipWriter};
use zip::{CompressionMethod, DateTime};

use crate::key::SigningKey;
use crate::manifest::{Format, Manifest};
use crate::{Error, MANIFEST, SIGNATURE};

/// An archive that is being written to `W`, which seeks back to no more than the file that was begun
/// last.
pub struct Writer<W: Write + Seek> {
    zip: Zip<W>,
    at: Timestamp,
    digest: Sha256,
    size: u64,
}

/// The writers, by the archive's format.
enum Zip<W: Write + Seek> {
    /// [`Format::First`]: checksums follow their files.
    Followed(ZipWriter<StreamWriter<W>>),
    /// [`Format::Second`]: checksums come before their files.
    Preceded(ZipWriter<W>),
}

impl<W: Write + Seek> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

/// A file as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Of its bytes.
    pub sha256: Checksum,
    /// Bytes.
    pub size: u64,
}

impl<W: Write + Seek> Writer<W> {
    /// An archive all of whose files bear the time `at`.
    #[must_use]
    pub fn new(sink: W, at: Timestamp) -> Self {
        Self::of(Format::default(), sink, at)
    }

    /// The same in one of the formats that there were.
    pub(crate) fn of(format: Format, sink: W, at: Timestamp) -> Self {
        let zip = match format {
            Format::First => Zip::Followed(ZipWriter::new_stream(sink)),
            Format::Second => Zip::Preceded(ZipWriter::new(sink)),
        };
        Self { zip, at, digest: Sha256::new(), size: 0 }
    }

    /// Begins a file of `size` bytes, and completes the header of the one before.
    pub fn begin(&mut self, path: &str, size: u64) -> Result<(), Error> {
        // Sizes of 32 bits hold less than this; the largest of them says that the size stands elsewhere.
        let large = size >= u64::from(u32::MAX);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(time(self.at))
            .unix_permissions(0o644)
            .large_file(large);
        match &mut self.zip {
            Zip::Followed(zip) => zip.start_file(path, options)?,
            Zip::Preceded(zip) => zip.start_file(path, extended(options, self.at)?)?,
        }
        (self.digest, self.size) = (Sha256::new(), 0);
        Ok(())
    }

    /// Writes on in the file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.zip {
            Zip::Followed(zip) => zip.write_all(bytes)?,
            Zip::Preceded(zip) => zip.write_all(bytes)?,
        }
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Ends the file; what was written of it.
    #[must_use]
    pub fn end(&mut self) -> Written {
        Written {
            sha256: Checksum::from_digest(self.digest.finalize_reset().into()),
            size: self.size,
        }
    }

    /// Takes back the file that was begun last, ended or not: the sink stands where its header began,
    /// and what follows there is to be forgotten.
    pub fn take_back(&mut self) -> Result<(), Error> {
        match &mut self.zip {
            Zip::Followed(zip) => zip.abort_file()?,
            Zip::Preceded(zip) => zip.abort_file()?,
        }
        Ok(())
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
        Ok(match self.zip {
            Zip::Followed(zip) => zip.finish()?.into_inner(),
            Zip::Preceded(zip) => zip.finish()?,
        })
    }
}

/// With the time in UTC, to the second, beside the one that ZIP has in no zone at all; for times that
/// the field can hold, those of the years 1970 to 2106.
fn extended(
    options: SimpleFileOptions,
    at: Timestamp,
) -> Result<FullFileOptions<'static, 'static>, Error> {
    match u32::try_from(at.seconds()) {
        Ok(seconds) => Ok(options.with_extended_timestamp(Some(seconds), None, None)?),
        Err(_) => Ok(options.into_full_options()),
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
