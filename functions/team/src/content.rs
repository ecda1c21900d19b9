//! The `content` of an asset: its text while that fits, else a link.

use futures::stream::{self, StreamExt, TryStreamExt};
use model::{Asset, ContentType, Result, Timestamp, UploadStatus};
use objects::{Disposition, Lifetime, Objects, media};

/// The share of an answer that may be texts, as [`weight`] counts. With 100 records and links of the
/// longest, below 20 KB each, it stays under 5 MiB of the 6 MB that Lambda passes on.
const ROOM: usize = 3 * 1024 * 1024;

/// The largest text that is not given as a link, in bytes: what `POST /api/v1/assets` takes inline.
const MAX_TEXT: usize = 1024 * 1024;

/// The most texts that are read at a time.
const READS_AT_ONCE: usize = 16;

/// The content of each of `assets`, in their order.
///
/// By the sizes on record it is settled which texts are read, first come first served, so that never
/// more than [`ROOM`] is held in memory. What turns out not to fit once it is escaped is linked.
pub(crate) async fn of(objects: &Objects, assets: &[Asset], now: Timestamp) -> Result<Vec<String>> {
    let mut unclaimed = ROOM;
    let mut reads = Vec::with_capacity(assets.len());
    for asset in assets {
        let text = text(asset).filter(|(_, size)| *size <= unclaimed);
        unclaimed -= text.map_or(0, |(_, size)| size);
        reads.push(read(objects, asset, text));
    }
    let mut texts = stream::iter(reads).buffered(READS_AT_ONCE);
    let mut room = ROOM;
    let mut contents = Vec::with_capacity(assets.len());
    for asset in assets {
        let text = texts.try_next().await?.flatten();
        contents.push(match text.filter(|text| weight(text) <= room) {
            Some(text) => {
                room -= weight(&text);
                text
            }
            None => link(objects, asset, now).await?,
        });
    }
    Ok(contents)
}

/// Key and size of the asset's object, where it is a text, and not too large.
fn text(asset: &Asset) -> Option<(&str, usize)> {
    let essence = asset.content_type.as_ref()?.essence();
    let is_text = essence.starts_with("text/") || essence == "application/json";
    let size = asset.file_size?.try_into().ok().filter(|size| *size <= MAX_TEXT)?;
    (is_text && is_there(asset)).then_some((asset.storage_key.as_deref()?, size))
}

fn is_there(asset: &Asset) -> bool {
    asset.upload_status == UploadStatus::Complete
}

/// The text in its own encoding, with the replacement character for what is none in it. None where the object has been
/// replaced by a larger one, or is gone, since the list was read: the link that stands for it tells
/// whoever follows it, where "" would pass for an empty text.
async fn read(
    objects: &Objects,
    asset: &Asset,
    text: Option<(&str, usize)>,
) -> Result<Option<String>> {
    let Some((key, size)) = text else { return Ok(None) };
    let bytes = objects.read(key, size).await?;
    let content_type = asset.content_type.as_ref().map_or("", ContentType::as_str);
    Ok(bytes.map(|bytes| media::read_text(&bytes, content_type)))
}

/// A link to the asset's object; "" where it never had one.
async fn link(objects: &Objects, asset: &Asset, now: Timestamp) -> Result<String> {
    match &asset.storage_key {
        Some(key) if is_there(asset) => {
            let inline = Disposition::Inline;
            let signed = objects
                .sign_download(asset, key, inline, Lifetime::default().seconds(), now)
                .await?;
            Ok(signed.url)
        }
        _ => Ok(String::new()),
    }
}

/// The bytes that `text` takes of the function's answer: JSON, as a string within Lambda's JSON.
fn weight(text: &str) -> usize {
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' => r#"\\\""#.len(),
        b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => r"\\n".len(),
        0x00..0x20 => r"\\u0000".len(),
        _ => 1,
    });
    escaped.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_weighs_what_it_takes_in_json_within_json() {
        let ascii = (0..128).map(|byte| char::from(byte).to_string());
        for text in ascii.chain(["é✨".to_owned(), String::new()]) {
            let body = serde_json::to_string(&text).unwrap();
            let answer = serde_json::to_string(&body).unwrap();
            assert_eq!(weight(&text), answer.len() - r#""\"\"""#.len(), "{text:?}");
        }
    }
}
