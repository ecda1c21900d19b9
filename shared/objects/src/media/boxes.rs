//! Boxes: how ISO base media, HEIF, JPEG 2000 and JPEG XL files are laid out.

use super::window::{Stop, Window};

/// Boxes looked at in one parent.
const MAX_BOXES: usize = 256;

/// A box: its kind and where its content is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    pub(super) kind: [u8; 4],
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The first box of a kind.
pub(super) fn child(
    window: &Window,
    start: u64,
    end: u64,
    kind: [u8; 4],
) -> Result<Option<Atom>, Stop> {
    let mut found = None;
    each(window, start, end, |atom| {
        if atom.kind == kind {
            found = Some(atom);
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// Visits the boxes between two offsets, until told to stop.
pub(super) fn each(
    window: &Window,
    mut at: u64,
    end: u64,
    mut visit: impl FnMut(Atom) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    for _ in 0..MAX_BOXES {
        if end.saturating_sub(at) < 8 {
            break;
        }
        let [a, b, c, d, kind @ ..] = window.array::<8>(at)?;
        let (header, len) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, end - at),
            1 => (16, window.be::<8>(at + 8)?),
            len => (8, len.into()),
        };
        let next = at.checked_add(len).filter(|_| len >= header).ok_or(Stop::Malformed)?;
        if !visit(Atom { kind, start: at + header, end: next.min(end) })? {
            break;
        }
        at = next;
    }
    Ok(())
}
