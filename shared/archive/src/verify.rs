//! Checking an archive, without a network.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read, Seek, Write};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::key::PublicKey;
use crate::manifest::{FORMAT, Manifest};
use crate::writer::{Writer, Written};
use crate::{Error, MANIFEST, MOST_MANIFEST, SIGNATURE};

/// How much of a file is read at a time.
const CHUNK: usize = 64 * 1024;

/// What was found of an archive.
#[derive(Debug)]
pub struct Verified {
    /// What it says that it holds, where that can be read.
    pub manifest: Option<Manifest>,
    /// What is not as it was written; nothing where the archive is what the key's owner made of it, to
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

/// Checks an archive against its manifest, and the manifest against `key`. `again` reads the same bytes
/// from their beginning, once, to compare them with the archive as it would be written.
///
/// An error is that `again` could not be read; all else is a [`Difference`].
pub fn verify(
    archive: impl Read + Seek,
    again: impl Read,
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
        Ok(manifest) if manifest.format == FORMAT => manifest,
        Ok(manifest) => {
            let why = format!("its format is {}, and not {FORMAT}", manifest.format);
            return Ok(only(None, Difference::NoManifest(why)));
        }
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
    let mut rewritten = Writer::new(Comparison::with(again), manifest.created_at);
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
fn rewrite<W: Write>(
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

/// Takes bytes, and tells where they are not those that it reads.
struct Comparison<R> {
    expected: R,
    position: u64,
    differs_at: Option<u64>,
}

impl<R: Read> Comparison<R> {
    fn with(expected: R) -> Self {
        Self { expected, position: 0, differs_at: None }
    }

    /// The first byte that differs, or that only one of them has.
    fn end(mut self) -> io::Result<Option<u64>> {
        let more = self.expected.read(&mut [0])? > 0;
        Ok(self.differs_at.or(more.then_some(self.position)))
    }
}

impl<R: Read> Write for Comparison<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut expected = Vec::with_capacity(bytes.len());
        self.expected.by_ref().take(bytes.len() as u64).read_to_end(&mut expected)?;
        let same = bytes.iter().zip(&expected).take_while(|(a, b)| a == b).count();
        if same < bytes.len() && self.differs_at.is_none() {
            self.differs_at = Some(self.position + same as u64);
        }
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use model::version::Provenance;
    use model::{Actor, AssetId, Timestamp};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Entry, Names, SigningKey};

    fn key(text: &str) -> SigningKey {
        text.repeat(40).parse().unwrap()
    }

    fn archive(contents: &[&[u8]]) -> Vec<u8> {
        let at = Timestamp::from_millis(1_767_225_600_000);
        let actor = Actor { key: "abcdefgh".parse().unwrap(), name: "ci".parse().unwrap() };
        let (mut writer, mut names) = (Writer::new(Vec::new(), at), Names::default());
        let files = contents.iter().map(|content| {
            let path = names.give("a text.md");
            writer.begin(&path, content.len() as u64).unwrap();
            content.chunks(3).for_each(|chunk| writer.write(chunk).unwrap());
            let Written { sha256, size } = writer.end();
            Entry {
                path,
                id: AssetId::first_at(at),
                version: 1,
                sha256,
                size,
                content_type: None,
                asset_type: "copy".parse().unwrap(),
                title: None,
                tags: model::Tags::default(),
                provenance: Provenance::default(),
                approver: Some(actor.clone()),
                approved_at: Some(at),
            }
        });
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            export_id: model::ExportId::generate(at),
            workspace_id: "acme".parse().unwrap(),
            created_at: at,
            created_by: actor.clone(),
            request: json!({ "filter": {} }),
            key_id: key("k").public().id(),
            files: files.collect(),
            left_out: Vec::new(),
        };
        writer.finish(&manifest, &key("k")).unwrap()
    }

    fn differences(bytes: &[u8]) -> Vec<Difference> {
        verify(Cursor::new(bytes), bytes, &key("k").public()).unwrap().differences
    }

    #[test]
    fn an_archive_is_what_its_key_made_of_it() {
        let bytes = archive(&[b"one", b"", b"three"]);
        let verified = verify(Cursor::new(&bytes), &*bytes, &key("k").public()).unwrap();
        assert_eq!(verified.differences, []);
        assert_eq!(verified.manifest.unwrap().files.len(), 3);
        let other = verify(Cursor::new(&bytes), &*bytes, &key("l").public()).unwrap();
        let known = Difference::OtherKey(key("k").public().id());
        assert_eq!(other.differences, [known, Difference::Signature]);
    }

    #[test]
    fn every_byte_counts() {
        let bytes = archive(&[b"one", b"three"]);
        for at in 0..bytes.len() {
            for bit in [1, 128] {
                let mut altered = bytes.clone();
                altered[at] ^= bit;
                assert_ne!(differences(&altered), [], "byte {at}, bit {bit}");
            }
            assert_ne!(differences(&bytes[..at]), [], "the first {at} bytes");
        }
        assert_ne!(differences(&[bytes.as_slice(), b"x"].concat()), []);
        assert_ne!(differences(&[b"x", bytes.as_slice()].concat()), []);
    }

    #[test]
    fn what_differs_is_named() {
        let bytes = archive(&[b"first", b"second"]);
        let at = bytes.windows(6).position(|window| window == b"second").unwrap();
        let mut altered = bytes.clone();
        altered[at] = b'S';
        assert_eq!(differences(&altered), [Difference::Altered("files/a text (2).md".to_owned())]);
        let mut retimed = bytes.clone();
        retimed[10] ^= 1;
        assert_eq!(differences(&retimed), [Difference::Structure(10)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_archive_or_differ(
            noise in prop::collection::vec(any::<u8>(), 0..60),
            cut in any::<prop::sample::Index>(),
            at in any::<prop::sample::Index>(),
        ) {
            let mut bytes = archive(&[b"one", b"two"]);
            let at = at.index(bytes.len());
            let end = at + cut.index(bytes.len() - at);
            let same = bytes[at..end] == noise;
            bytes.splice(at..end, noise);
            prop_assert_eq!(differences(&bytes).is_empty(), same);
        }
    }
}
