//! Paths of routes.

/// Whether `path` is one that the route's `template` takes, in which `{name}` stands for any part
/// that is not empty.
#[must_use]
pub fn route_fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given => {}
            (Some(part), Some(given)) if part.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}
