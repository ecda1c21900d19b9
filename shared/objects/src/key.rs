//! Every key of the bucket is built and parsed here and nowhere else.

use std::fmt;

use model::text::{Invalid, without_invisible};
use model::{AssetId, ExportId, FileName, Reference, Timestamp, WorkspaceId};

/// The trouble with a key that is not [`ObjectKey::is_fetchable`], and what would be right.
pub const UNFETCHABLE: &str = "the object's key has a segment . or .., which HTTP clients resolve before they ask for it, so that no \
     link to it works; upload it under a key without";

/// The keys of assets' objects, as a pattern of IAM's: `*` stands for anything.
pub const ASSETS: &str = "workspaces/*";
/// The keys of what is kept of exports.
pub const EXPORTS: &str = "exports/*";
/// The keys of what exports were asked for, of which each begins one.
pub const EXPORT_JOBS: &str = "exports/*/job.json";
/// The keys of what `cleanup` reports.
pub const REPORTS: &str = "reports/cleanup/*";

/// The place of an object of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKey {
    /// `workspaces/<ws>/assets/<id>/<version>/<file name>`: a key that we sign.
    Asset {
        /// The tenant.
        workspace: WorkspaceId,
        /// The asset.
        id: AssetId,
        /// From 1.
        version: u32,
        /// As the uploader named it.
        file_name: FileName,
    },
    /// `workspaces/<ws>/executions/<execution_id>/<path>`: a producer's own key.
    Upload {
        /// The tenant.
        workspace: WorkspaceId,
        /// The execution that made it.
        execution: Reference,
        /// Anything.
        path: String,
    },
}

impl ObjectKey {
    /// Reads a key; none where it is not below `workspaces/`, and so not ours.
    pub fn parse(key: &str) -> Result<Option<Self>, Invalid> {
        const EXPECTED: Invalid = Invalid::new(
            "workspaces/<workspace>/assets/<id>/<version>/<file name> or \
             workspaces/<workspace>/executions/<execution>/<path>",
        );
        let Some(rest) = key.strip_prefix("workspaces/") else { return Ok(None) };
        let mut parts = rest.splitn(4, '/');
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or(EXPECTED);
        let workspace = part()?.parse().map_err(|_| EXPECTED)?;
        match (part()?, part()?, part()?) {
            ("assets", id, rest) => {
                let (version, file_name) = rest.split_once('/').ok_or(EXPECTED)?;
                // A number as we write it: without sign or leading zeros.
                let version =
                    version.parse().ok().filter(|v: &u32| *v > 0 && v.to_string() == version);
                Ok(Some(Self::Asset {
                    workspace,
                    id: id.parse().map_err(|_| EXPECTED)?,
                    version: version.ok_or(EXPECTED)?,
                    file_name: file_name.parse().map_err(|_| EXPECTED)?,
                }))
            }
            ("executions", execution, path) => Ok(Some(Self::Upload {
                workspace,
                execution: execution.parse().map_err(|_| EXPECTED)?,
                path: path.to_owned(),
            })),
            _ => Err(EXPECTED),
        }
    }

    /// The tenant.
    #[must_use]
    pub fn workspace(&self) -> &WorkspaceId {
        match self {
            Self::Asset { workspace, .. } | Self::Upload { workspace, .. } => workspace,
        }
    }

    /// True if HTTP clients can ask for the object: they resolve segments of dots, as in a path of files,
    /// before they send a request, and then ask for another key, whose signature is not the link's.
    #[must_use]
    pub fn is_fetchable(&self) -> bool {
        match self {
            // A file name is none of them.
            Self::Asset { .. } => true,
            Self::Upload { path, .. } => !path.split('/').any(|part| part == "." || part == ".."),
        }
    }

    /// The name a download is saved under: of a producer's own key without what shows nothing (see
    /// [`without_invisible`]), and with `_` for what a file name cannot hold.
    #[must_use]
    pub fn file_name(&self) -> Option<FileName> {
        match self {
            Self::Asset { file_name, .. } => Some(file_name.clone()),
            Self::Upload { path, .. } => {
                let last = path.rsplit('/').find(|part| !part.is_empty())?;
                let clean = without_invisible(last);
                let clean = clean.replace(|c: char| c.is_control() || c == '\\', "_");
                let end =
                    (0..=clean.len().min(255)).rev().find(|end| clean.is_char_boundary(*end))?;
                clean[..end].parse().ok()
            }
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asset { workspace, id, version, file_name } => {
                write!(f, "workspaces/{workspace}/assets/{id}/{version}/{file_name}")
            }
            Self::Upload { workspace, execution, path } => {
                write!(f, "workspaces/{workspace}/executions/{execution}/{path}")
            }
        }
    }
}

/// The key of what `cleanup` reports of its run at `at`.
#[must_use]
pub fn report_key(at: Timestamp) -> String {
    format!("reports/cleanup/{at}.json")
}

/// The place of the objects of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportKey {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The export.
    pub id: ExportId,
}

impl ExportKey {
    /// `exports/<ws>/<id>/job.json`: what was asked for. That it arrives begins the work.
    #[must_use]
    pub fn job(&self) -> String {
        format!("exports/{}/{}/job.json", self.workspace, self.id)
    }

    /// `exports/<ws>/<id>/export.zip`: the archive.
    #[must_use]
    pub fn archive(&self) -> String {
        format!("exports/{}/{}/export.zip", self.workspace, self.id)
    }

    /// Reads the key of what was asked for; none where it is no such key.
    #[must_use]
    pub fn parse_job(key: &str) -> Option<Self> {
        let rest = key.strip_prefix("exports/")?.strip_suffix("/job.json")?;
        let (workspace, id) = rest.split_once('/')?;
        Some(Self { workspace: workspace.parse().ok()?, id: id.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "37XnnMWMjfmNEiv3gpMlqCGHrXO";

    fn parse(key: &str) -> Option<ObjectKey> {
        ObjectKey::parse(key).unwrap()
    }

    #[test]
    fn keys_read_back() {
        for key in [
            format!("workspaces/acme/assets/{ID}/1/hero ✨+%2B.png"),
            "workspaces/acme/executions/run-7/a/../b //c?#.mp3".to_owned(),
        ] {
            assert_eq!(parse(&key).unwrap().to_string(), key);
        }
    }

    #[test]
    fn only_keys_below_workspaces_are_ours() {
        assert_eq!(parse("reports/cleanup/x.json"), None);
        assert_eq!(parse("workspace/acme/assets"), None);
        for bad in [
            "workspaces/".to_owned(),
            "workspaces/../executions/e/x".to_owned(),
            "workspaces/acme/executions/e/".to_owned(),
            "workspaces/acme/executions//x".to_owned(),
            "workspaces/acme/assets/nope/1/x".to_owned(),
            format!("workspaces/acme/assets/{ID}/0/x"),
            format!("workspaces/acme/assets/{ID}/01/x"),
            format!("workspaces/acme/assets/{ID}/1/a/b"),
            format!("workspaces/acme/assets/{ID}/1/.."),
            "workspaces/acme/other/x/y".to_owned(),
        ] {
            assert!(ObjectKey::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_producers_path_gives_a_file_name() {
        let name = |path: &str| {
            let key = parse(&format!("workspaces/acme/executions/e/{path}")).unwrap();
            key.file_name().map(String::from)
        };
        assert_eq!(name("a/b/voice over.mp3").as_deref(), Some("voice over.mp3"));
        assert_eq!(name("a\u{7}\\b").as_deref(), Some("a__b"));
        assert_eq!(name("a/\u{202e}gpj.exe").as_deref(), Some("gpj.exe"));
        assert_eq!(name("x/..").as_deref(), None);
        assert_eq!(name(&"é".repeat(200)).unwrap().len(), 254);
    }

    #[test]
    fn the_key_of_a_job_reads_back() {
        let key = ExportKey { workspace: "acme:eu".parse().unwrap(), id: ID.parse().unwrap() };
        assert_eq!(ExportKey::parse_job(&key.job()), Some(key.clone()));
        for other in [key.archive(), key.job() + "/", format!("exports/{ID}/job.json")] {
            assert_eq!(ExportKey::parse_job(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_an_error(key in "(workspaces/)?[a-z./%+#é\u{0}]{0,40}") {
            if let Ok(Some(parsed)) = ObjectKey::parse(&key) {
                prop_assert_eq!(parsed.to_string(), key);
            }
        }
    }
}
