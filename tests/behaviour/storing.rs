//! Bytes that come as a stream become an object, or nothing.

use std::convert::Infallible;

use bytes::Bytes;
use futures::stream;
use model::Checksum;
use objects::{PART, Stored, Unstored};
use tests::{When, World};

const KEY: &str = "workspaces/acme/film";

/// So many bytes, none like the one a part before it.
fn film(length: usize) -> Vec<u8> {
    (0_u8..251).cycle().take(length).collect()
}

/// The bytes, as a network brings them.
fn chunks(film: &[u8]) -> impl Iterator<Item = Bytes> {
    film.chunks(300_000).map(Bytes::copy_from_slice)
}

async fn store(world: &World, film: &[u8]) -> Result<Stored, Unstored<Infallible>> {
    let bytes = stream::iter(chunks(film).map(Ok));
    world.objects().store(KEY, "video/mp4", bytes).await
}

async fn stored(world: &World) -> Option<Vec<u8>> {
    world.objects().read(KEY, usize::MAX).await.unwrap()
}

/// The keys of what is being uploaded.
async fn unfinished(world: &World) -> Vec<String> {
    let list = world.s3().list_multipart_uploads().bucket(world.objects().bucket()).send().await;
    let uploads = list.unwrap().uploads.unwrap_or_default();
    uploads.into_iter().filter_map(|upload| upload.key).collect()
}

#[tokio::test]
async fn what_is_stored_is_what_came() {
    let world = World::quiet().await.leaving_events();
    for length in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 3 * PART + 7] {
        let film = film(length);
        let told = store(&world, &film).await.unwrap();
        assert_eq!((told.size, told.sha256), (length as u64, Checksum::of(&film)), "{length}");
        let head = world.objects().head(KEY).await.unwrap().unwrap();
        assert_eq!((head.size, head.etag), (told.size, told.etag), "{length}");
        assert_eq!(head.content_type.as_deref(), Some("video/mp4"));
        assert!(stored(&world).await == Some(film), "{length}");
    }
    assert_eq!(unfinished(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn one_that_was_killed_begins_again_and_leaves_no_part() {
    let world = World::quiet().await.leaving_events();
    let (film, another) = (film(2 * PART + 7), "workspaces/acme/film-of-others");
    world.objects().begin_multipart(another, "video/mp4").await.unwrap();
    let mut crashes = 0;
    for nth in 0.. {
        let before = world.wire.crash_at(nth, When::Before, store(&world, &film)).await;
        let after = world.wire.crash_at(nth, When::After, store(&world, &film)).await;
        crashes += usize::from(before.is_none()) + usize::from(after.is_none());
        store(&world, &film).await.unwrap();
        assert!(stored(&world).await.as_ref() == Some(&film), "{nth}");
        assert_eq!(unfinished(&world).await, [another], "{nth}");
        if before.is_some() {
            break;
        }
    }
    assert!(crashes >= 10, "{crashes}");
}

#[tokio::test]
async fn bytes_that_end_in_an_error_leave_nothing() {
    let world = World::quiet().await;
    for length in [0, 7, 2 * PART + 7] {
        let film = film(length);
        let bytes = chunks(&film).map(Ok).chain([Err("cut")]);
        let told = world.objects().store(KEY, "video/mp4", stream::iter(bytes)).await;
        assert!(matches!(told, Err(Unstored::Source("cut"))), "{told:?}");
        assert_eq!(stored(&world).await, None);
        assert_eq!(unfinished(&world).await, Vec::<String>::new());
    }
}
