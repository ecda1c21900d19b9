//! Deleting bytes for good.
//!
//! A bucket with versioning keeps what is deleted, and what was overwritten, for some days, so that it can
//! be had back. What our own delete promises is that bytes are gone: it removes each version by its name.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{Error, Result};

use crate::client::{DELETES_AT_ONCE, Objects, code, failure};
use crate::key::ObjectKey;

/// What an object is called that came when its bucket kept no versions.
const UNNAMED: &str = "null";
/// The most versions of a key that are removed in one go, times a thousand; a later try goes on.
const ROUNDS: usize = 10;

/// A key's versions, as one answer lists them.
struct Versions {
    /// The objects' names and `ETag`s, the newest first.
    objects: Vec<(String, String)>,
    /// The delete markers' names.
    markers: Vec<String>,
    /// Whether there may be more.
    more: bool,
}

impl Objects {
    /// Deletes objects for good, with all that the bucket keeps of them; one that is not there counts as
    /// deleted.
    pub async fn erase_all(&self, keys: impl IntoIterator<Item = String>) -> Result<()> {
        let erased = keys.into_iter().map(|key| async move { self.erase(&key, None).await });
        stream::iter(erased).buffer_unordered(DELETES_AT_ONCE).try_collect().await
    }

    /// Deletes an object for good, and what it had overwritten. A producer's own key may hold a newer
    /// object than the one with this `ETag`: that one stays, and its own event makes an asset of it.
    pub(crate) async fn erase(&self, key: &str, etag: Option<&str>) -> Result<()> {
        let producers = matches!(ObjectKey::parse(key), Ok(Some(ObjectKey::Upload { .. })));
        let etag = etag.filter(|_| producers);
        for _ in 0..ROUNDS {
            let Some(versions) = self.versions(key).await? else {
                return self.delete_shown(key, etag).await;
            };
            let more = versions.more;
            let doomed = versions.up_to(etag);
            if doomed.is_empty() {
                return Ok(());
            }
            // A store that keeps no versions answers so too, and its delete is conditional as ever.
            if doomed.iter().any(|name| name == UNNAMED) {
                self.delete_shown(key, etag).await?;
            }
            let named = doomed.into_iter().filter(|name| name != UNNAMED);
            let deletes = named.map(|name| async move {
                let delete = self.client.delete_object().bucket(&self.bucket).key(key);
                delete.version_id(name).send().await.map(|_| ()).map_err(failure)
            });
            stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE).try_collect::<()>().await?;
            if !more {
                return Ok(());
            }
        }
        Err(Error::unavailable("the object has more versions than are removed at a time"))
    }

    /// What is kept under the key; none from a store that does not know of versions.
    async fn versions(&self, key: &str) -> Result<Option<Versions>> {
        let listed =
            self.client.list_object_versions().bucket(&self.bucket).prefix(key).send().await;
        match listed {
            Ok(listed) => Ok(Some(Versions::of(key, listed))),
            Err(e) if matches!(code(&e), Some("NotImplemented" | "MethodNotAllowed")) => Ok(None),
            Err(e) => Err(failure(e)),
        }
    }

    /// Deletes what the key shows, where that is the object with this `ETag`.
    async fn delete_shown(&self, key: &str, etag: Option<&str>) -> Result<()> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key);
        let matches = etag.map(|etag| format!("\"{etag}\""));
        match delete.set_if_match(matches).send().await {
            Err(e) if matches!(code(&e), Some("PreconditionFailed" | "NoSuchKey")) => Ok(()),
            deleted => deleted.map(|_| ()).map_err(failure),
        }
    }
}

impl Versions {
    /// Those of the key itself, and not of those that begin with it.
    fn of(key: &str, listed: ListObjectVersionsOutput) -> Self {
        let more = listed.is_truncated() == Some(true);
        let objects = listed.versions.unwrap_or_default().into_iter();
        let objects = objects.filter(|object| object.key.as_deref() == Some(key));
        let objects = objects.filter_map(|object| {
            let etag = object.e_tag.unwrap_or_default().trim_matches('"').to_owned();
            Some((object.version_id?, etag))
        });
        let markers = listed.delete_markers.unwrap_or_default().into_iter();
        let markers = markers.filter(|marker| marker.key.as_deref() == Some(key));
        let markers = markers.filter_map(|marker| marker.version_id);
        Self { objects: objects.collect(), markers: markers.collect(), more }
    }

    /// What goes with the object that has this `ETag`: it, what is older, and where that is all, the
    /// markers. Without an `ETag` everything.
    fn up_to(self, etag: Option<&str>) -> Vec<String> {
        let Self { objects, markers, .. } = self;
        let newer = |(_, found): &(String, String)| etag.is_some_and(|etag| etag != found);
        let kept = objects.iter().take_while(|object| newer(object)).count();
        let doomed = objects.into_iter().skip(kept).map(|(name, _)| name);
        let markers = markers.into_iter().filter(|_| kept == 0);
        doomed.chain(markers).collect()
    }
}
