//! The place where a page ended.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::export::{ExportId, ExportStatus};
use crate::filter::{Filter, Order};
use crate::id::{AssetId, GenerationId};
use crate::invalid::Invalid;
use crate::making::GenerationFilter;

const VERSION: u8 = 1;

/// A position in a list: after this asset.
///
/// Written as base64url of a version byte, the digest of filter and order (8 bytes) and the id
/// (20 bytes). It grants nothing: workspace and filter come from the request, and every stream of
/// every index is sorted by id, so that the id alone says where to go on, whichever index drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last asset that was looked at.
    pub after: AssetId,
}

impl Cursor {
    /// The text that a client sends back to go on in the list of `filter` and `order`.
    #[must_use]
    pub fn encode(self, filter: &Filter, order: Order) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(filter.digest(order));
        bytes.extend(self.after.bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor of the list of `filter` and `order`.
    pub fn decode(text: &str, filter: &Filter, order: Order) -> Result<Self, Invalid> {
        const EXPECTED: Invalid =
            Invalid::new("next_cursor of a list with the same filters and order, unchanged");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| EXPECTED)?;
        let (head, id) = bytes.split_at_checked(9).ok_or(EXPECTED)?;
        let id: [u8; 20] = id.try_into().map_err(|_| EXPECTED)?;
        if head[0] == VERSION && head[1..] == filter.digest(order) {
            Ok(Self { after: AssetId::from_bytes(id) })
        } else {
            Err(EXPECTED)
        }
    }
}

/// A kind of part that an asset has many of, each with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Changes on record, by revision.
    Event,
    /// Versions.
    Version,
}

/// A position among the parts of one asset, newest first: before this number.
///
/// Written as base64url of a byte that says of which, the asset's id (20 bytes) and the number (8
/// bytes). Like [`Cursor`] it grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartCursor {
    /// Of the last part that was given.
    pub before: u64,
}

impl PartCursor {
    /// The text that a client sends back to go on among these parts of `asset`.
    #[must_use]
    pub fn encode(self, part: Part, asset: AssetId) -> String {
        let mut bytes = vec![part.byte()];
        bytes.extend(asset.bytes());
        bytes.extend(self.before.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor among these parts of `asset`.
    pub fn decode(text: &str, part: Part, asset: AssetId) -> Result<Self, Invalid> {
        const EXPECTED: Invalid = Invalid::new("next_cursor of the same asset's, unchanged");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| EXPECTED)?;
        let (head, before) = bytes.split_at_checked(21).ok_or(EXPECTED)?;
        let before = u64::from_be_bytes(before.try_into().map_err(|_| EXPECTED)?);
        if head[0] == part.byte() && head[1..] == *asset.bytes() {
            Ok(Self { before })
        } else {
            Err(EXPECTED)
        }
    }
}

impl Part {
    /// Tells cursors from each other, and from those of lists.
    const fn byte(self) -> u8 {
        match self {
            Self::Event => b'h',
            Self::Version => b'v',
        }
    }
}

/// A position among a workspace's exports, newest first: before this one.
///
/// Written as base64url of a byte that says so, one for the status asked for, and the id (20 bytes). Like
/// [`Cursor`] it grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportCursor {
    /// The last export that was looked at.
    pub before: ExportId,
}

impl ExportCursor {
    /// The text that a client sends back to go on in the list of exports with this status, or of all.
    #[must_use]
    pub fn encode(self, status: Option<ExportStatus>) -> String {
        let mut bytes = Self::head(status).to_vec();
        bytes.extend(self.before.bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor of the list of exports with this status, or of all.
    pub fn decode(text: &str, status: Option<ExportStatus>) -> Result<Self, Invalid> {
        const EXPECTED: Invalid =
            Invalid::new("next_cursor of a list of exports with the same status, unchanged");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| EXPECTED)?;
        let (head, id) = bytes.split_at_checked(2).ok_or(EXPECTED)?;
        let id: [u8; 20] = id.try_into().map_err(|_| EXPECTED)?;
        let before = AssetId::from_bytes(id).into();
        if head == Self::head(status) { Ok(Self { before }) } else { Err(EXPECTED) }
    }

    fn head(status: Option<ExportStatus>) -> [u8; 2] {
        [b'e', status.map_or(b'-', |status| status.as_str().as_bytes()[0])]
    }
}

/// A position among a workspace's generations, newest first: before this one.
///
/// Written as base64url of a byte that says so, the digest of the filter (8 bytes), and the id (20 bytes). Like
/// [`Cursor`] it grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenerationCursor {
    /// The last generation that was looked at.
    pub before: GenerationId,
}

impl GenerationCursor {
    /// The text that a client sends back to go on in the list of what `filter` takes.
    #[must_use]
    pub fn encode(self, filter: &GenerationFilter) -> String {
        let mut bytes = vec![b'g'];
        bytes.extend(filter.digest());
        bytes.extend(self.before.bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor of the list of what `filter` takes.
    pub fn decode(text: &str, filter: &GenerationFilter) -> Result<Self, Invalid> {
        const EXPECTED: Invalid =
            Invalid::new("next_cursor of a list of generations with the same filters, unchanged");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| EXPECTED)?;
        let (head, id) = bytes.split_at_checked(9).ok_or(EXPECTED)?;
        let id: [u8; 20] = id.try_into().map_err(|_| EXPECTED)?;
        let before = AssetId::from_bytes(id).into();
        if head[0] == b'g' && head[1..] == filter.digest() {
            Ok(Self { before })
        } else {
            Err(EXPECTED)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::filter::Facet;

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let mut images = Filter::default();
        images.allow(Facet::Type, "image");
        let cursor = Cursor { after: AssetId::from_bytes([7; 20]) };
        let text = cursor.encode(&images, Order::Desc);
        assert_eq!(Cursor::decode(&text, &images, Order::Desc), Ok(cursor));
        assert!(Cursor::decode(&text, &images, Order::Asc).is_err());
        assert!(Cursor::decode(&text, &Filter::default(), Order::Desc).is_err());
    }

    #[test]
    fn a_cursor_belongs_to_its_asset_and_to_one_kind_of_its_parts() {
        let [one, other] = [1, 2].map(|byte| AssetId::from_bytes([byte; 20]));
        let cursor = PartCursor { before: 7 };
        let text = cursor.encode(Part::Event, one);
        assert_eq!(PartCursor::decode(&text, Part::Event, one), Ok(cursor));
        assert!(PartCursor::decode(&text, Part::Event, other).is_err());
        assert!(PartCursor::decode(&text, Part::Version, one).is_err());
        let filter = Filter::default();
        assert!(Cursor::decode(&text, &filter, Order::Desc).is_err());
        let of_list = Cursor { after: one }.encode(&filter, Order::Desc);
        assert!(PartCursor::decode(&of_list, Part::Event, one).is_err());
    }

    #[test]
    fn a_cursor_of_exports_belongs_to_its_status() {
        let cursor = ExportCursor { before: AssetId::from_bytes([7; 20]).into() };
        let lists = ExportStatus::ALL.map(Some).into_iter().chain([None]);
        for (of, read) in lists.clone().flat_map(|of| lists.clone().map(move |read| (of, read))) {
            let decoded = ExportCursor::decode(&cursor.encode(of), read);
            assert_eq!(decoded.ok(), (of == read).then_some(cursor), "{of:?} {read:?}");
        }
    }

    #[test]
    fn a_cursor_of_generations_belongs_to_its_filter() {
        let cursor = GenerationCursor { before: AssetId::from_bytes([7; 20]).into() };
        let provider = Some("fal".parse().unwrap());
        let filters =
            [GenerationFilter::default(), GenerationFilter { provider, ..Default::default() }];
        for (of, read) in filters.iter().flat_map(|of| filters.iter().map(move |read| (of, read))) {
            let decoded = GenerationCursor::decode(&cursor.encode(of), read);
            assert_eq!(decoded.ok(), (of == read).then_some(cursor), "{of:?} {read:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_cursor_or_an_error(text in ".{0,80}") {
            let _ = ExportCursor::decode(&text, None);
            let _ = GenerationCursor::decode(&text, &GenerationFilter::default());
            let _ = Cursor::decode(&text, &Filter::default(), Order::Desc);
            let _ = PartCursor::decode(&text, Part::Version, AssetId::from_bytes([7; 20]));
        }
    }
}
