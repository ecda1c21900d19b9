//! Checking an archive, without a network.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read, Seek, Write};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::comparison::Comparison;
use crate::key::PublicKey;
use crate::manifest::Manifest;
use crate::writer::{Writer, Written};
use crate::{Error, MANIFEST, MOST_MANIFEST, SIGNATURE};

/// The bytes of a file that are read at a time.
const CHUNK: usize = 64 * 1024;

/// The result of looking at an archive.
#[derive(Debug)]
pub struct Verified {
    /// Its manifest, where that can be read.
    pub manifest: Option<Manifest>,
    /// The differences to what was written; none where the archive is what the key's owner made of it, to
    /// the byte.
    pub differences: Vec<Difference>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It is no archive that can be read.
    Unreadable(String),
    /// The manifest, or its signature, is missing or is none.
    NoManifest(String),
    /// The manifest was signed by another key, of which it has the id.
    OtherKey(String),
    /// The manifest is not what was signed.
    Signature,
    /// A file of the manifest is missing.
    Missing(String),
    /// A file is in the archive and not in the manifest.
    Unknown(String),
    /// A file's bytes are not those of the manifest.
    Altered(String),
    /// The archive itself, outside of its files, is not as it was written: first at this byte, from 0.
    Structure(u64),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "the archive cannot be read: {why}"),
            Self::NoManifest(why) => write!(f, "{MANIFEST} or its signature cannot be read: {why}"),
            Self::OtherKey(id) => write!(f, "{MANIFEST} names another key, {id}"),
            Self::Signature => write!(f, "{MANIFEST} is not what this key has signed"),
            Self::Missing(path) => write!(f, "{path} is missing"),
            Self::Unknown(path) => write!(f, "{path} is not in the manifest"),
            Self::Altered(path) => write!(f, "{path} is not what the manifest says"),
            Self::Structure(at) => {
                write!(f, "the archive was changed outside of its files, at byte {at}")
            }
        }
    }
}

/// Checks an archive against its manifest, and the manifest against `key`. `again` reads the same bytes,
/// to compare them with the archive as it would be written.
///
/// An error is that `again` could not be read; all else is a [`Difference`].
pub fn verify(
    archive: impl Read + Seek,
    again: impl Read + Seek,
    key: &PublicKey,
) -> io::Result<Verified> {
    let mut zip = match ZipArchive::new(archive) {
        Ok(zip) => zip,
        Err(error) => return Ok(only(None, Difference::Unreadable(error.to_string()))),
    };
    let (text, signature) = match (bounded(&mut zip, MANIFEST), bounded(&mut zip, SIGNATURE)) {
        (Ok(text), Ok(signature)) => (text, signature),
        (Err(why), _) | (_, Err(why)) => return Ok(only(None, Difference::NoManifest(why))),
    };
    let manifest = match serde_json::from_slice::<Manifest>(&text) {
        Ok(manifest) => manifest,
        Err(why) => return Ok(only(None, Difference::NoManifest(why.to_string()))),
    };
    let mut differences = Vec::new();
    if manifest.key_id != key.id() {
        differences.push(Difference::OtherKey(manifest.key_id.clone()));
    }
    if !key.verifies(&text, &signature) {
        differences.push(Difference::Signature);
    }
    let known: BTreeSet<_> = manifest.files.iter().map(|entry| entry.path.as_str()).collect();
    let unknown = zip.file_names().filter_map(|name| match name {
        Ok(name) if known.contains(&*name) || name == MANIFEST || name == SIGNATURE => None,
        Ok(name) => Some(name.into_owned()),
        Err(error) => Some(error.to_string()),
    });
    differences.extend(unknown.map(Difference::Unknown));
    let comparison = Comparison::with(again);
    let mut rewritten = Writer::of(manifest.format, comparison, manifest.created_at);
    for entry in &manifest.files {
        let expected = Written { sha256: entry.sha256.clone(), size: entry.size };
        match rewrite(&mut zip, &entry.path, entry.size, &mut rewritten) {
            Ok(written) if written == expected => {}
            Err(Error::Zip(ZipError::FileNotFound)) => {
                differences.push(Difference::Missing(entry.path.clone()));
            }
            // That it cannot be read, since its own checksum tells that it was altered, says the same.
            Ok(_) | Err(_) => differences.push(Difference::Altered(entry.path.clone())),
        }
    }
    if differences.is_empty() {
        let comparison = rewritten.finish_with(&text, &signature).map_err(io::Error::other)?;
        differences.extend(comparison.end()?.map(Difference::Structure));
    }
    Ok(Verified { manifest: Some(manifest), differences })
}

fn only(manifest: Option<Manifest>, difference: Difference) -> Verified {
    Verified { manifest, differences: vec![difference] }
}

/// A small file of the archive, whole.
fn bounded(zip: &mut ZipArchive<impl Read + Seek>, name: &str) -> Result<Vec<u8>, String> {
    let file = zip.by_name(name).map_err(|error| format!("{name}: {error}"))?;
    let mut bytes = Vec::new();
    let read = file.take(MOST_MANIFEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > MOST_MANIFEST {
        return Err(format!("{name}: it has more than {MOST_MANIFEST} bytes"));
    }
    Ok(bytes)
}

/// Writes a file of one archive into another.
fn rewrite<W: Write + Seek>(
    zip: &mut ZipArchive<impl Read + Seek>,
    path: &str,
    size: u64,
    into: &mut Writer<W>,
) -> Result<Written, Error> {
    let mut file = zip.by_name(path)?;
    into.begin(path, size)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(into.end()),
            count => into.write(&chunk[..count])?,
        }
    }
}

#[cfg(test)]
mod tests;
