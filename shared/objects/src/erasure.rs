//! Deleting bytes for good.
//!
//! A bucket with versioning keeps what is deleted, and what was overwritten, for some days, so that it can
//! be had back. What our own delete promises is that bytes are gone: it removes each version by its name.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{Error, Result};

use crate::client::{DELETES_AT_ONCE, Objects, code, failure};
use crate::key::ObjectKey;

/// The name of an object that came when its bucket kept no versions.
const UNNAMED: &str = "null";
/// The most versions of a key that are removed in one go, times a thousand; a later try goes on.
const ROUNDS: usize = 10;

/// A key's versions, as one answer lists them.
struct Versions {
    /// The objects' names and `ETag`s, the newest first.
    objects: Vec<(String, String)>,
    /// The delete markers' names.
    markers: Vec<String>,
    /// The name of what the key shows: an object, or a marker.
    shown: Option<String>,
    /// True if there may be more.
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
    ///
    /// What the key shows goes last: if it went before the rest, and a crash came between, the key would
    /// show older bytes, which nobody would know for those that were to go.
    pub(crate) async fn erase(&self, key: &str, etag: Option<&str>) -> Result<()> {
        let producers = matches!(ObjectKey::parse(key), Ok(Some(ObjectKey::Upload { .. })));
        let etag = etag.filter(|_| producers);
        for _ in 0..ROUNDS {
            let Some(versions) = self.versions(key).await? else {
                return self.delete_shown(key, etag).await.map(|_| ());
            };
            let (more, shown) = (versions.more, versions.shown.clone());
            let doomed = versions.up_to(etag);
            let (last, first): (Vec<_>, Vec<_>) =
                doomed.into_iter().partition(|name| Some(name) == shown.as_ref());
            let deletes =
                first.into_iter().map(|name| async move { self.delete_version(key, &name).await });
            stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE).try_collect::<()>().await?;
            if more {
                continue;
            }
            return match last.first() {
                Some(name) if name == UNNAMED => self.delete_unnamed(key, etag).await,
                Some(name) => self.delete_version(key, name).await,
                None => Ok(()),
            };
        }
        Err(Error::unavailable("the object has more versions than are removed at a time"))
    }

    /// The versions that are kept under the key; none from a store that does not know of versions.
    async fn versions(&self, key: &str) -> Result<Option<Versions>> {
        let listed =
            self.client.list_object_versions().bucket(&self.bucket).prefix(key).send().await;
        match listed {
            Ok(listed) => Ok(Some(Versions::of(key, listed))),
            Err(e) if matches!(code(&e), Some("NotImplemented" | "MethodNotAllowed")) => Ok(None),
            Err(e) => Err(failure(e)),
        }
    }

    /// Deletes an object that came when its bucket kept no versions, and that the key shows. A store that
    /// keeps none at all calls every object so, so the delete is conditional.
    async fn delete_unnamed(&self, key: &str, etag: Option<&str>) -> Result<()> {
        let Some(marker) = self.delete_shown(key, etag).await? else { return Ok(()) };
        self.delete_version(key, UNNAMED).await?;
        self.delete_version(key, &marker).await
    }

    async fn delete_version(&self, key: &str, name: &str) -> Result<()> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key).version_id(name);
        delete.send().await.map(|_| ()).map_err(failure)
    }

    /// Deletes what the key shows, where that is the object with this `ETag`; the name of the delete
    /// marker, if the bucket did no more than lay one over it.
    async fn delete_shown(&self, key: &str, etag: Option<&str>) -> Result<Option<String>> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key);
        let matches = etag.map(|etag| format!("\"{etag}\""));
        match delete.set_if_match(matches).send().await {
            Err(e) if matches!(code(&e), Some("PreconditionFailed" | "NoSuchKey")) => Ok(None),
            Err(e) => Err(failure(e)),
            Ok(deleted) if deleted.delete_marker() == Some(true) => Ok(deleted.version_id),
            Ok(_) => Ok(None),
        }
    }
}

impl Versions {
    /// Those of the key itself, and not of those that begin with it.
    fn of(key: &str, listed: ListObjectVersionsOutput) -> Self {
        let more = listed.is_truncated() == Some(true);
        let mut shown = None;
        let mut objects = Vec::new();
        for object in listed.versions.unwrap_or_default() {
            if let (Some(at), Some(name)) = (object.key, object.version_id)
                && at == key
            {
                shown = shown.or_else(|| (object.is_latest == Some(true)).then(|| name.clone()));
                objects.push((name, object.e_tag.unwrap_or_default().trim_matches('"').to_owned()));
            }
        }
        let mut markers = Vec::new();
        for marker in listed.delete_markers.unwrap_or_default() {
            if let (Some(at), Some(name)) = (marker.key, marker.version_id)
                && at == key
            {
                shown = shown.or_else(|| (marker.is_latest == Some(true)).then(|| name.clone()));
                markers.push(name);
            }
        }
        Self { objects, markers, shown, more }
    }

    /// The versions that go with the object that has this `ETag`: it, what is older, and where that is all, the
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
