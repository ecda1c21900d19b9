#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use model::AssetType;
use proptest::prelude::*;

use super::{MAX_BYTES, MAX_READS, Media, RangeRead, probe, probe_bytes};

/// An object whose bytes are a function of the offset, and which counts what is read of it.
struct Object<F> {
    size: u64,
    bytes: F,
    reads: AtomicUsize,
    read: AtomicU64,
}

impl<F: Fn(u64, u64) -> Bytes + Sync> RangeRead for Object<F> {
    type Error = Infallible;

    async fn read(&self, offset: u64, len: u64) -> Result<Bytes, Infallible> {
        assert!(len > 0 && offset < self.size && offset + len <= self.size, "{offset}+{len}");
        self.reads.fetch_add(1, Ordering::Relaxed);
        let bytes = (self.bytes)(offset, len);
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// The bounds that a function's runtime asks of a handler's future.
fn sendable<T: Send>(future: T) -> T {
    future
}

/// Probes such an object; also tells how many ranges were read. Panics over the limits.
fn probe_with(
    size: u64,
    declared: Option<&str>,
    bytes: impl Fn(u64, u64) -> Bytes + Sync,
) -> (Media, usize) {
    let object = Object { size, bytes, reads: AtomicUsize::new(0), read: AtomicU64::new(0) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let media = runtime.block_on(sendable(probe(&object, size, declared))).unwrap();
    let (reads, read) = (object.reads.into_inner(), object.read.into_inner());
    assert!(reads <= MAX_READS && read <= MAX_BYTES, "{reads} reads, {read} bytes");
    (media, reads)
}

pub(super) fn probe_slice(content: &[u8], declared: Option<&str>) -> (Media, usize) {
    probe_with(content.len() as u64, declared, |offset, len| {
        let start = usize::try_from(offset).unwrap();
        Bytes::copy_from_slice(&content[start..start + usize::try_from(len).unwrap()])
    })
}

/// An object made of pieces, zeros between them.
pub(super) fn probe_sparse(
    size: u64,
    pieces: &[(u64, &[u8])],
    declared: Option<&str>,
) -> (Media, usize) {
    probe_with(size, declared, |offset, len| {
        let mut range = vec![0; usize::try_from(len).unwrap()];
        for (at, piece) in pieces {
            for (i, byte) in piece.iter().enumerate() {
                if let Some(i) = (at + i as u64).checked_sub(offset).filter(|i| *i < len) {
                    range[usize::try_from(i).unwrap()] = *byte;
                }
            }
        }
        range.into()
    })
}

pub(super) fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/media"));
    std::fs::read(folder.join(name)).unwrap()
}

pub(super) fn type_of(
    content: impl AsRef<[u8]>,
    declared: impl Into<Option<&'static str>>,
) -> String {
    probe_bytes(content.as_ref(), declared.into()).content_type
}

pub(super) fn fixture_case(name: &str) -> Vec<u8> {
    fixture(&format!("cases/{name}"))
}

/// Width and height.
pub(super) fn size_of(content: &[u8]) -> Option<(u32, u32)> {
    let found = probe_bytes(content, None);
    found.width.zip(found.height)
}

/// Type, width, height and duration.
type Row = (&'static str, Option<u32>, Option<u32>, Option<u64>);

pub(super) const PPTX: &str =
    "application/vnd.openxmlformats-officedocument.presentationml.presentation";

const FIXTURES: &[(&str, Row)] = &[
    ("sample.png", ("image/png", Some(320), Some(200), None)),
    ("sample.jpg", ("image/jpeg", Some(320), Some(200), None)),
    ("sample.webp", ("image/webp", Some(320), Some(200), None)),
    ("sample.gif", ("image/gif", Some(320), Some(200), None)),
    ("sample.mp3", ("audio/mpeg", None, None, Some(2_000))),
    ("sample.wav", ("audio/wav", None, None, Some(1_000))),
    ("sample.flac", ("audio/flac", None, None, Some(2_000))),
    ("sample.ogg", ("audio/ogg", None, None, Some(2_000))),
    ("sample.m4a", ("audio/mp4", None, None, Some(2_000))),
    ("sample.mp4", ("video/mp4", Some(320), Some(200), Some(2_000))),
    ("sample-faststart.mp4", ("video/mp4", Some(320), Some(200), Some(2_000))),
    ("sample.webm", ("video/webm", Some(320), Some(200), Some(2_008))),
    ("script.svg", ("image/svg+xml", Some(320), Some(200), None)),
    ("page.html", ("text/html", None, None, None)),
    ("page-named.png", ("text/html", None, None, None)),
    ("slides.pptx", (PPTX, None, None, None)),
    ("notes.md", ("text/plain; charset=utf-8", None, None, None)),
];

pub(super) fn media((content_type, width, height, duration_ms): Row) -> Media {
    let content_type = content_type.to_owned();
    Media { content_type, width, height, duration_ms, duration_estimated: false }
}

#[test]
fn fixtures_are_known_by_their_bytes() {
    for (name, row) in FIXTURES {
        let content = fixture(name);
        assert_eq!(probe_bytes(&content, None), media(*row), "{name} at hand");
        assert_eq!(probe_slice(&content, None), (media(*row), 1), "{name} by ranges");
        assert_eq!(probe_bytes(&content, Some("image/png")), media(*row), "{name} as a picture");
    }
}

#[test]
fn cases_are_told_as_players_tell_them() {
    for (name, expected) in expected() {
        let content = fixture(&format!("cases/{name}"));
        let (found, _) = probe_slice(&content, Some(&expected.declared));
        let problem = format!("{name} ({}): {found:?}", expected.kind);
        let known = |name: &String| name.eq_ignore_ascii_case(&found.content_type);
        assert!(expected.content_type.iter().any(known), "{problem}");
        let asset_type = AssetType::of(&found.content_type.parse().unwrap());
        assert_eq!(asset_type.as_str(), expected.asset_type, "{problem}");
        let size = found.width.zip(found.height);
        assert!(
            expected.size.is_empty() || size.is_some_and(|s| expected.size.contains(&s)),
            "{problem}"
        );
        match (found.duration_ms, expected.duration_ms) {
            (Some(found), Some(right)) => {
                assert!(found.abs_diff(right) <= expected.tolerance_ms, "{problem}");
            }
            (found, right) => assert_eq!(found, right, "{problem}"),
        }
        assert_eq!(found.duration_estimated, expected.estimated, "{problem}");
    }
}

/// The files of `expected.json`.
fn cases() -> impl Iterator<Item = String> {
    expected().into_keys().map(|name| format!("cases/{name}"))
}

fn expected() -> BTreeMap<String, Expected> {
    serde_json::from_slice(&fixture("cases/expected.json")).unwrap()
}

/// The right answers for a file: any of the types and sizes.
#[derive(serde::Deserialize)]
struct Expected {
    kind: String,
    declared: String,
    content_type: Vec<String>,
    #[serde(rename = "type")]
    asset_type: String,
    #[serde(default)]
    size: Vec<(u32, u32)>,
    duration_ms: Option<u64>,
    #[serde(default)]
    estimated: bool,
    tolerance_ms: u64,
}

pub(super) fn atom(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len() + 8).unwrap();
    [&len.to_be_bytes()[..], kind, content].concat()
}

/// The position of a box in a file.
pub(super) fn find(file: &[u8], kind: &[u8]) -> usize {
    file.windows(4).position(|window| window == kind).unwrap() - 4
}

#[test]
fn an_index_out_of_reach_leaves_the_type() {
    // A thousand small boxes far apart, the index behind them all.
    let ftyp = atom(b"ftyp", b"isom\0\0\0\0isom");
    let step = 1 << 20;
    let (found, reads) = probe_with(1 << 30, None, |offset, len| {
        let byte = |at: u64| match at.checked_sub(ftyp.len() as u64) {
            None => ftyp[usize::try_from(at).unwrap()],
            Some(at) => [0, 0x10, 0, 0, b'm', b'o', b'o', b'f']
                .get(usize::try_from(at % step).unwrap())
                .copied()
                .unwrap_or(0),
        };
        (offset..offset + len).map(byte).collect()
    });
    assert_eq!((found, reads), (media(("video/mp4", None, None, None)), MAX_READS));
}

#[test]
fn an_object_that_ends_early_is_no_endless_loop() {
    let sample = fixture("sample.mp4");
    let (found, reads) = probe_with(1 << 40, None, |offset, _| {
        if offset == 0 { Bytes::copy_from_slice(&sample[..100]) } else { Bytes::new() }
    });
    assert_eq!((found.content_type.as_str(), reads), ("video/mp4", 2));
    assert_eq!(
        probe_with(10, None, |_, _| Bytes::new()).0.content_type,
        "application/octet-stream"
    );
    assert_eq!(
        probe_with(0, None, |_, _| Bytes::new()),
        (Media::of_type("application/octet-stream"), 0)
    );
}

/// Bytes that look like something: a fixture with some of them changed, cut short.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40);
    let names: Vec<_> =
        FIXTURES.iter().map(|(name, _)| (*name).to_owned()).chain(cases()).collect();
    (prop::sample::select(names), changes, any::<bool>(), any::<prop::sample::Index>()).prop_map(
        |(name, changes, early, cut)| {
            let mut content = fixture(&name);
            for (at, byte) in changes {
                // Headers are where the damage is.
                let at = at.index(if early { content.len().min(400) } else { content.len() });
                content[at] = byte;
            }
            if cut.index(4) == 0 {
                content.truncate(cut.index(content.len()));
            }
            content
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_neither_panic_nor_exceed_the_limits(
        content in prop_oneof![4 => mutated(), 1 => prop::collection::vec(any::<u8>(), 0..2_000)],
        size in prop_oneof![Just(0_u64), 0..1_u64 << 50],
        declared in prop::option::of("[a-z]{1,5}/[ -~]{1,20}"),
    ) {
        // The object claims to be longer than its bytes, which repeat.
        let size = size.max(content.len() as u64);
        let (found, _) = probe_with(size, declared.as_deref(), |offset, len| {
            let (mut range, len) = (Vec::new(), usize::try_from(len).unwrap());
            let mut from = usize::try_from(offset % (content.len() as u64).max(1)).unwrap();
            while range.len() < len && !content.is_empty() {
                let piece = &content[from..];
                range.extend_from_slice(&piece[..piece.len().min(len - range.len())]);
                from = 0;
            }
            range.into()
        });
        prop_assert!(!found.content_type.is_empty() && found.content_type.len() <= 255);
        prop_assert!(found.content_type.is_ascii());
        // Without the net that `examine` stretches.
        let window = super::Window::whole(content.into());
        let _ = super::tell(&window, declared.as_deref(), &mut Media::default());
    }
}
