//! A laptop's keys: those of all workspaces in one private file.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use domain::{Error, Result, WorkspaceId};
use serde_json::Value;

use crate::document::{Document, unreadable};

/// A private file.
#[derive(Debug, Clone)]
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    pub(crate) fn read(&self, workspace: &WorkspaceId) -> Result<Document> {
        match self.all(workspace)?.remove(workspace.as_str()) {
            Some(value) => Document::parse(value).map_err(|_| unreadable(workspace)),
            None => Ok(Document::default()),
        }
    }

    pub(crate) fn write(&self, workspace: &WorkspaceId, document: &Document) -> Result<()> {
        let mut all = self.all(workspace)?;
        all.remove(workspace.as_str());
        if !document.is_empty() {
            let value = document.value().map_err(|_| unreadable(workspace))?;
            all.insert(workspace.as_str().to_owned(), value);
        }
        let text = serde_json::to_string_pretty(&all).map_err(|_| unreadable(workspace))?;
        platform::private::write(&self.0, &text).map_err(|why| self.about(&why))
    }

    /// The documents of all workspaces, asked for because of this one.
    fn all(&self, workspace: &WorkspaceId) -> Result<BTreeMap<String, Value>> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => serde_json::from_str(&text).map_err(|_| unreadable(workspace)),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(why) => Err(self.about(&why)),
        }
    }

    fn about(&self, why: &std::io::Error) -> Error {
        Error::internal(format!("{}: {why}", self.0.display()))
    }
}
