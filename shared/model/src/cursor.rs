//! Where a page ended.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::filter::{Filter, Order};
use crate::id::AssetId;
use crate::text::Invalid;

const VERSION: u8 = 1;
/// Tells cursors of histories from those of lists.
const HISTORY: u8 = b'h';

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
    /// What a client sends back to go on in the list of `filter` and `order`.
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

/// A position among the numbered parts of one asset: before this number. Written as base64url of a
/// version byte and the number (8 bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub u64);

impl Place {
    /// What a client sends back to go on.
    #[must_use]
    pub fn encode(self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.0.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a position.
    pub fn decode(text: &str) -> Result<Self, Invalid> {
        const EXPECTED: Invalid = Invalid::new("next_cursor of the page before, unchanged");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| EXPECTED)?;
        match bytes.split_first() {
            Some((&VERSION, number)) => {
                let number = number.try_into().map_err(|_| EXPECTED)?;
                Ok(Self(u64::from_be_bytes(number)))
            }
            _ => Err(EXPECTED),
        }
    }
}

/// A position in the history of an asset: before this revision.
///
/// Written as base64url of a byte that says what it is, the asset's id (20 bytes) and the revision
/// (8 bytes). Like [`Cursor`] it grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    /// Of the last event that was given.
    pub before: u64,
}

impl HistoryCursor {
    /// What a client sends back to go on in the history of `asset`.
    #[must_use]
    pub fn encode(self, asset: AssetId) -> String {
        let mut bytes = vec![HISTORY];
        bytes.extend(asset.bytes());
        bytes.extend(self.before.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor of the history of `asset`.
    pub fn decode(text: &str, asset: AssetId) -> Result<Self, Invalid> {
        const EXPECTED: Invalid =
            Invalid::new("next_cursor of the same asset's history, unchanged");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| EXPECTED)?;
        let (head, before) = bytes.split_at_checked(21).ok_or(EXPECTED)?;
        let before = u64::from_be_bytes(before.try_into().map_err(|_| EXPECTED)?);
        if head[0] == HISTORY && head[1..] == *asset.bytes() {
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
        images.allow(Facet::Type, "image".to_owned());
        let cursor = Cursor { after: AssetId::from_bytes([7; 20]) };
        let text = cursor.encode(&images, Order::Desc);
        assert_eq!(Cursor::decode(&text, &images, Order::Desc), Ok(cursor));
        assert!(Cursor::decode(&text, &images, Order::Asc).is_err());
        assert!(Cursor::decode(&text, &Filter::default(), Order::Desc).is_err());
    }

    #[test]
    fn a_cursor_belongs_to_its_history() {
        let [one, other] = [1, 2].map(|byte| AssetId::from_bytes([byte; 20]));
        let cursor = HistoryCursor { before: 7 };
        assert_eq!(HistoryCursor::decode(&cursor.encode(one), one), Ok(cursor));
        assert!(HistoryCursor::decode(&cursor.encode(one), other).is_err());
        let filter = Filter::default();
        assert!(Cursor::decode(&cursor.encode(one), &filter, Order::Desc).is_err());
        let of_list = Cursor { after: one }.encode(&filter, Order::Desc);
        assert!(HistoryCursor::decode(&of_list, one).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_cursor_or_an_error(text in ".{0,80}") {
            let _ = Cursor::decode(&text, &Filter::default(), Order::Desc);
            let _ = HistoryCursor::decode(&text, AssetId::from_bytes([7; 20]));
        }
    }
}
