//! Object bytes: one file per blob, named at random, complete and on disk before anything refers to it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The directory of blobs, and beside it the one where bytes arrive.
#[derive(Debug)]
pub(super) struct Blobs {
    kept: PathBuf,
    incoming: PathBuf,
    durable: bool,
}

/// A complete blob that no row names yet. Dropped without [`NewBlob::referenced`], it removes its file.
#[derive(Debug)]
pub(super) struct NewBlob {
    name: String,
    path: PathBuf,
    referenced: bool,
}

impl Blobs {
    /// Opens the directories under `dir`. Without `durable`, nothing is synced: for stores that end with the process.
    pub(super) fn open(dir: &Path, durable: bool) -> io::Result<Self> {
        let blobs = Self { kept: dir.join("blobs"), incoming: dir.join("incoming"), durable };
        fs::create_dir_all(&blobs.kept)?;
        fs::create_dir_all(&blobs.incoming)?;
        Ok(blobs)
    }

    /// Removes what interrupted requests left behind: half-written files, and blobs that no row names.
    pub(super) fn sweep(&self, referenced: &HashSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(&self.incoming)? {
            fs::remove_file(entry?.path())?;
        }
        for entry in fs::read_dir(&self.kept)? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| referenced.contains(name)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// A new file to write to, which vanishes unless it is kept.
    pub(super) fn draft(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(&self.incoming)
    }

    /// Makes a written draft a blob: synced, then moved to its name, so that no blob is ever seen half-written.
    pub(super) fn keep(&self, mut draft: NamedTempFile) -> io::Result<NewBlob> {
        draft.flush()?;
        if self.durable {
            draft.as_file().sync_all()?;
        }
        let name = format!("{:032x}", rand::random::<u128>());
        let path = self.kept.join(&name);
        draft.persist_noclobber(&path)?;
        let blob = NewBlob { name, path, referenced: false };
        if self.durable {
            sync_directory(&self.kept)?;
        }
        Ok(blob)
    }

    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        File::open(self.kept.join(name))
    }

    /// Removes a blob that no row names any more. One that stays behind is swept at the next open.
    pub(super) fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.kept.join(name)) {
            tracing::warn!(%error, blob = name, "an unused blob stays behind until the next start");
        }
    }
}

impl NewBlob {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A committed row names the blob now: it stays.
    pub(super) fn referenced(mut self) {
        self.referenced = true;
    }
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        if !self.referenced {
            // Left behind, it is swept at the next open.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A rename is on disk only once its directory is.
#[cfg(unix)]
fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Directories cannot be synced here; the file system journals renames.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
