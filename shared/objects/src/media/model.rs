//! Three-dimensional models: told by how their text starts, or by their length.

/// Lines of an OBJ file looked at.
const MAX_LINES: usize = 64;

/// The words that a line of an OBJ file may start with.
const OBJ: &[&str] = &[
    "v", "vn", "vt", "vp", "f", "l", "p", "g", "o", "s", "usemtl", "mtllib", "cstype", "deg",
    "curv", "parm", "end", "#",
];

/// The starts of binary models, and their types.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"PXR-USDC", "model/vnd.usd"),
    (b"ply\nformat ", "model/ply"),
    (b"ply\r\nformat ", "model/ply"),
];

/// The type of a model that is text. What nothing but its lines tells, an OBJ file, is looked for
/// where the text `is_plain` by its declaration.
pub(super) fn in_text(text: &str, is_plain: bool) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim);
    let first = lines.next()?;
    let second = || text.lines().skip(1).map(str::trim).find(|line| !line.is_empty());
    match first.split_ascii_whitespace().next().unwrap_or_default() {
        "#usda" => Some("model/vnd.usda"),
        "#VRML" => Some("model/vrml"),
        "ISO-10303-21;" => Some("model/step"),
        "ply" if second().is_some_and(|line| line.starts_with("format ")) => Some("model/ply"),
        "solid" if second().is_some_and(|line| line.starts_with("facet normal")) => {
            Some("model/stl")
        }
        _ if is_plain && is_obj(text) => Some("model/obj"),
        _ => None,
    }
}

/// The type of a model that is not text; `size` is the object's, in bytes.
pub(super) fn in_binary(head: &[u8], size: u64) -> Option<&'static str> {
    if let Some((_, known)) = SIGNATURES.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(known);
    }
    // Eighty bytes of anything, and fifty for each triangle.
    let triangles = u32::from_le_bytes(*head.get(80..)?.first_chunk()?);
    (triangles > 0 && size == 84 + 50 * u64::from(triangles)).then_some("model/stl")
}

/// True if a text's lines are those of an OBJ file, some of them points in space.
fn is_obj(text: &str) -> bool {
    let mut lines: Vec<&str> = text.lines().take(MAX_LINES + 1).collect();
    // The last one may be cut off.
    if lines.len() > 1 {
        lines.pop();
    }
    let known = |line: &&str| {
        let word = line.split_ascii_whitespace().next();
        word.is_none_or(|word| OBJ.contains(&word) || word.starts_with('#'))
    };
    let point = |line: &&&str| {
        let mut words = line.split_ascii_whitespace();
        words.next() == Some("v") && words.take(3).filter(|w| w.parse::<f64>().is_ok()).count() == 3
    };
    lines.iter().all(known) && lines.iter().filter(point).count() >= 3
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::type_of;

    #[test]
    fn models_are_told_by_their_text() {
        let obj = "# made\nmtllib a.mtl\n\nv 0 0 0\nv 1 0 0 # far\nv 0 1 0.5\nf 1 2 3\n";
        for (text, expected) in [
            ("solid box\n  facet normal 0 0 1\n", "model/stl"),
            ("ply\r\nformat ascii 1.0\r\n", "model/ply"),
            ("#usda 1.0\n(\n)", "model/vnd.usda"),
            ("#VRML V2.0 utf8\n", "model/vrml"),
            ("ISO-10303-21;\nHEADER;", "model/step"),
            (obj, "model/obj"),
            ("solid advice\nfor everyone", "text/plain; charset=utf-8"),
            ("v 1 2 3\nverses follow", "text/plain; charset=utf-8"),
            ("f\ng\no\n", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(type_of(text, None), expected, "{text}");
        }
        assert_eq!(type_of(obj, "text/markdown"), "text/markdown");
        assert_eq!(type_of("o box", "model/obj"), "model/obj");
        assert_eq!(type_of("<script>", "model/obj"), "text/html");
    }

    #[test]
    fn a_binary_stl_is_told_by_its_length() {
        let file = [&[0; 80][..], &2_u32.to_le_bytes(), &[0; 100]].concat();
        assert_eq!(type_of(&file, None), "model/stl");
        assert_eq!(type_of(&file[..183], None), "application/octet-stream");
        assert_eq!(type_of(b"ply\nformat binary_little_endian 1.0\n\0\0", None), "model/ply");
    }
}
