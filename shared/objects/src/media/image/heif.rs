//! HEIF, HEIC and AVIF: the dimensions of the primary item, with the crops and turns that it has.

use super::super::boxes::{Atom, child, each};
use super::super::window::{Stop, Window};
use super::Size;

/// Items looked at that have properties.
const MAX_ITEMS: u32 = 4096;

/// The one that shows the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As the standard says.
    AsMeant,
    /// Browsers do not crop a picture that is not cut out of its upper left corner.
    ByBrowsers,
}

/// The dimensions as they are shown.
pub(super) fn size(window: &Window, shown: Shown) -> Result<Size, Stop> {
    let Some(meta) = child(window, 0, window.size(), *b"meta")? else { return Ok(None) };
    let within = (meta.start.saturating_add(4), meta.end);
    let Some(primary) = child(window, within.0, within.1, *b"pitm")? else { return Ok(None) };
    let Some(properties) = child(window, within.0, within.1, *b"iprp")? else { return Ok(None) };
    let primary = match window.array(primary.start)? {
        [0] => u16::from_be_bytes(window.array(primary.start + 4)?).into(),
        [_] => u32::from_be_bytes(window.array(primary.start + 4)?),
    };

    let (mut all, mut used) = (Vec::new(), Vec::new());
    each(window, properties.start, properties.end, |atom| {
        match &atom.kind {
            b"ipco" => each(window, atom.start, atom.end, |property| {
                all.push(property);
                Ok(true)
            })?,
            b"ipma" => used.extend(associated(window, &atom, primary)?),
            _ => {}
        }
        Ok(true)
    })?;

    let mut size = None;
    for index in used {
        // They are counted from one.
        let Some(property) = usize::from(index).checked_sub(1).and_then(|i| all.get(i)) else {
            continue;
        };
        apply(window, property, shown, &mut size)?;
    }
    Ok(size)
}

/// The numbers of an item's properties, in the order in which they apply.
fn associated(window: &Window, atom: &Atom, item: u32) -> Result<Vec<u16>, Stop> {
    let [version, _, _, flags] = window.array(atom.start)?;
    let items = u32::from_be_bytes(window.array(atom.start + 4)?);
    let mut at = atom.start + 8;
    for _ in 0..items.min(MAX_ITEMS) {
        let (id, after) = if version == 0 {
            (u16::from_be_bytes(window.array(at)?).into(), at + 2)
        } else {
            (u32::from_be_bytes(window.array(at)?), at + 4)
        };
        let [count] = window.array(after)?;
        let wide = flags & 1 == 1;
        let len = usize::from(count) * if wide { 2 } else { 1 };
        let list = window.get(after + 1, len)?;
        if id == item {
            // The first bit says whether one must understand the property.
            return Ok(if wide {
                list.chunks_exact(2)
                    .map(|pair| u16::from_be_bytes([pair[0] & 0x7f, pair[1]]))
                    .collect()
            } else {
                list.iter().map(|index| u16::from(index & 0x7f)).collect()
            });
        }
        at = after + 1 + len as u64;
    }
    Ok(Vec::new())
}

/// A property's effect on the dimensions.
fn apply(window: &Window, property: &Atom, shown: Shown, size: &mut Size) -> Result<(), Stop> {
    let number = |i: u64| window.array(property.start + 4 * i).map(u32::from_be_bytes);
    match &property.kind {
        b"ispe" => *size = Some((number(1)?, number(2)?)),
        b"irot" => {
            let [angle] = window.array(property.start)?;
            *size = size.map(
                |(width, height)| if angle & 1 == 1 { (height, width) } else { (width, height) },
            );
        }
        b"clap" => {
            let numbers: Vec<u32> = (0..8).map(number).collect::<Result<_, _>>()?;
            let whole = *size;
            *size = whole.and_then(|(width, height)| {
                let (across, left) = crop(&numbers[..2], &numbers[4..6], width)?;
                let (down, top) = crop(&numbers[2..4], &numbers[6..8], height)?;
                let kept = shown == Shown::ByBrowsers && (left, top) != (0, 0);
                Some(if kept { (width, height) } else { (across, down) })
            });
        }
        _ => {}
    }
    Ok(())
}

/// The length of a side that remains, and where that starts; none where the crop is not a whole number of
/// pixels within the picture. `length` and `offset` are fractions, the offset one from the centre.
fn crop(length: &[u32], offset: &[u32], side: u32) -> Option<(u32, u32)> {
    let &[length, scale] = length else { return None };
    let remains =
        length.checked_div(scale).filter(|whole| whole * scale == length && *whole <= side)?;
    let &[offset, scale] = offset else { return None };
    let (offset, scale) = (i64::from(offset.cast_signed()), i64::from(scale));
    // Twice the start: the centre of the crop is the picture's, moved.
    let moved = (2 * offset).checked_div(scale).filter(|whole| whole * scale == 2 * offset)?;
    let start = u32::try_from(i64::from(side) - i64::from(remains) + moved).ok()? / 2;
    (start.checked_add(remains)? <= side).then_some((remains, start))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{atom, size_of};

    /// A picture of 60x48 with properties, which its second item has in this order.
    fn heif(brand: &[u8], properties: &[Vec<u8>]) -> Vec<u8> {
        let ispe = |width: u32, height: u32| {
            atom(b"ispe", &[[0; 4], width.to_be_bytes(), height.to_be_bytes()].concat())
        };
        let mut all = vec![ispe(999, 999), ispe(60, 48)];
        all.extend_from_slice(properties);
        let count = u8::try_from(properties.len() + 1).unwrap();
        let of_second: Vec<u8> = (2..=count + 1).collect();
        let used = [&[0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 1, 0, 2, count], &of_second[..]].concat();
        let iprp = [atom(b"ipco", &all.concat()), atom(b"ipma", &used)].concat();
        let meta = [atom(b"pitm", &[0, 0, 0, 0, 0, 2]), atom(b"iprp", &iprp)].concat();
        let meta = atom(b"meta", &[&[0; 4], &meta[..]].concat());
        [atom(b"ftyp", &[brand, &[0; 4], brand].concat()), meta].concat()
    }

    fn clap(numbers: [i32; 8]) -> Vec<u8> {
        atom(b"clap", &numbers.map(i32::to_be_bytes).concat())
    }

    #[test]
    fn the_primary_item_is_cropped_and_turned() {
        let turn = atom(b"irot", &[1]);
        // From the upper left corner, and from the centre.
        let corner = clap([31, 1, 21, 1, -29, 2, -27, 2]);
        let centre = clap([30, 1, 20, 1, 0, 1, 0, 1]);
        let uneven = clap([61, 2, 20, 1, 0, 1, 0, 1]);
        for (properties, meant, by_browsers) in [
            (vec![], Some((60, 48)), Some((60, 48))),
            (vec![turn.clone()], Some((48, 60)), Some((48, 60))),
            (vec![corner.clone()], Some((31, 21)), Some((31, 21))),
            (vec![corner, turn], Some((21, 31)), Some((21, 31))),
            (vec![centre], Some((30, 20)), Some((60, 48))),
            (vec![uneven], None, None),
        ] {
            assert_eq!(size_of(&heif(b"heic", &properties)), meant);
            assert_eq!(size_of(&heif(b"avif", &properties)), by_browsers);
        }
    }
}
