//! The findings of `verify` on archives, as they are and altered.

use std::io::Cursor;

use domain::version::Provenance;
use domain::{Actor, AssetId, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Entry, Format, Names, SigningKey};

fn key(text: &str) -> SigningKey {
    text.repeat(40).parse().unwrap()
}

fn archive(contents: &[&[u8]]) -> Vec<u8> {
    let at = Timestamp::from_millis(1_767_225_600_000);
    let actor = Actor { key: "abcdefgh".parse().unwrap(), name: "ci".parse().unwrap() };
    let (mut writer, mut names) = (Writer::new(Cursor::new(Vec::new()), at), Names::default());
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
            tags: domain::Tags::default(),
            provenance: Provenance::default(),
            approver: Some(actor.clone()),
            approved_at: Some(at),
        }
    });
    let manifest = Manifest {
        format: Format::default(),
        export_id: domain::ExportId::generate(at),
        workspace_id: "acme".parse().unwrap(),
        created_at: at,
        created_by: actor.clone(),
        request: json!({ "filter": {} }),
        key_id: key("k").public().id(),
        files: files.collect(),
        left_out: Vec::new(),
    };
    writer.finish(&manifest, &key("k")).unwrap().into_inner()
}

fn differences(bytes: &[u8]) -> Vec<Difference> {
    verify(Cursor::new(bytes), Cursor::new(bytes), &key("k").public()).unwrap().differences
}

#[test]
fn an_archive_is_what_its_key_made_of_it() {
    let bytes = archive(&[b"one", b"", b"three"]);
    let verified = verify(Cursor::new(&bytes), Cursor::new(&bytes), &key("k").public()).unwrap();
    assert_eq!(verified.differences, []);
    assert_eq!(verified.manifest.unwrap().files.len(), 3);
    let other = verify(Cursor::new(&bytes), Cursor::new(&bytes), &key("l").public()).unwrap();
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

/// An archive that was made before the format changed, and the key that checks it.
const FIRST: (&[u8], &str) = (
    include_bytes!("../../../../tests/fixtures/archives/format-1.zip"),
    include_str!("../../../../tests/fixtures/archives/format-1.pem"),
);

#[test]
fn archives_of_the_first_format_are_checked_as_ever() {
    let (bytes, key) = FIRST;
    let check = |bytes: &[u8]| {
        verify(Cursor::new(bytes), Cursor::new(bytes), &key.parse().unwrap()).unwrap()
    };
    let verified = check(bytes);
    assert_eq!(verified.differences, []);
    let manifest = verified.manifest.unwrap();
    assert_eq!((manifest.format, manifest.files.len()), (Format::First, 3));
    for at in (0..bytes.len()).step_by(41) {
        let mut altered = bytes.to_vec();
        altered[at] ^= 1;
        assert_ne!(check(&altered).differences, [], "byte {at}");
    }
}

#[test]
fn checksums_sizes_and_the_time_in_utc_come_before_their_files() {
    let bytes = archive(&[b"one", b"", b"three"]);
    let mut zip = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for index in 0..zip.len() {
        let file = zip.by_index(index).unwrap();
        let header = &bytes[usize::try_from(file.header_start()).unwrap()..];
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        assert_eq!(header[6] & 8, 0, "no data descriptor");
        let size = u32::try_from(file.size()).unwrap();
        assert_eq!([number(14), number(18), number(22)], [file.crc32(), size, size]);
        let data = usize::try_from(file.data_start().unwrap() - file.header_start()).unwrap();
        let time = [&b"UT\x05\x00\x01"[..], &1_767_225_600_u32.to_le_bytes()].concat();
        assert_eq!(&header[data - 9..data], time);
    }
}

#[test]
fn a_file_that_is_taken_back_leaves_nothing() {
    let at = Timestamp::from_millis(1_767_225_600_000);
    let mut writer = Writer::new(Cursor::new(Vec::new()), at);
    for (path, ended) in [("files/a", true), ("files/b", false)] {
        writer.begin(path, 3).unwrap();
        writer.write(b"one").unwrap();
        if ended {
            let _ = writer.end();
        }
        writer.take_back().unwrap();
    }
    let empty = archive(&[]);
    let verified = verify(Cursor::new(&empty), Cursor::new(&empty), &key("k").public()).unwrap();
    let bytes = writer.finish(&verified.manifest.unwrap(), &key("k")).unwrap().into_inner();
    assert_eq!(bytes, empty);
}
