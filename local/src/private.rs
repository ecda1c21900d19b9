//! Files that only this account may read: the directory's, and the secrets in them.

use std::path::Path;

use aws_credential_types::Credentials;

pub use platform::private::write;

use crate::Result;

/// The file that keeps the keys which both engines take: the access key's id and its secret.
const CREDENTIALS: &str = "credentials";

/// Creates the directory unless it is there; a new one only this account can look into.
pub fn create_directory(directory: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok(())
}

/// [`create_directory`], for one that is ours alone: also one that is there is closed to everybody else.
pub fn take_directory(directory: &Path) -> Result<()> {
    create_directory(directory)?;
    #[cfg(unix)]
    std::fs::set_permissions(directory, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Takes the rights of everybody else from a file, which is created where it is missing.
pub fn restrict(file: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    #[cfg(unix)]
    opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// The keys that `directory` keeps, or new ones; without a directory they end with the process.
pub fn credentials(directory: Option<&Path>) -> Result<Credentials> {
    let file = directory.map(|directory| directory.join(CREDENTIALS));
    let kept = file.as_deref().and_then(|file| std::fs::read_to_string(file).ok());
    if let Some([id, secret]) = kept.as_deref().map(str::split_whitespace).and_then(pair) {
        return Ok(key_pair(id, secret));
    }
    // As long as those of AWS, which some clients insist on.
    let id = format!("LOCAL{:015X}", rand::random::<u64>() >> 4);
    let secret = hex::encode(rand::random::<[u8; 20]>());
    if let Some(file) = file {
        write(&file, &format!("{id} {secret}\n"))?;
    }
    Ok(key_pair(&id, &secret))
}

fn pair<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<[&'a str; 2]> {
    let pair = [words.next()?, words.next()?];
    words.next().is_none().then_some(pair)
}

fn key_pair(id: &str, secret: &str) -> Credentials {
    Credentials::new(id, secret, None, None, "local")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_random_and_kept() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let first = credentials(Some(one.path())).unwrap();
        let keys =
            |c: &Credentials| (c.access_key_id().to_owned(), c.secret_access_key().to_owned());
        assert_eq!(keys(&credentials(Some(one.path())).unwrap()), keys(&first), "kept");
        let others = keys(&credentials(Some(other.path())).unwrap());
        assert!(others.0 != keys(&first).0 && others.1 != keys(&first).1, "another store's differ");
        std::fs::write(one.path().join(CREDENTIALS), "half").unwrap();
        assert_ne!(keys(&credentials(Some(one.path())).unwrap()), keys(&first), "made anew");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_restricted_is_read_by_nobody_else() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        let restricted = directory.path().join("restricted");
        std::fs::write(&restricted, "before").unwrap();
        std::fs::set_permissions(&restricted, Permissions::from_mode(0o644)).unwrap();
        restrict(&restricted).unwrap();
        assert_eq!(mode(&restricted), 0o600);
        assert_eq!(std::fs::read_to_string(&restricted).unwrap(), "before");
        let inner = directory.path().join("new");
        create_directory(&inner).unwrap();
        assert_eq!(mode(&inner), 0o700);
    }
}
