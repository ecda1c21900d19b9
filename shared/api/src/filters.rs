//! Filters, as the queries of every list have them.

use model::text::Invalid;
use model::time::Bound;
use model::{Facet, Filter, TagName, Timestamp};

use crate::error::ApiError;
use crate::params::Params;

impl Params {
    /// The filter that all of a list's own parameters make together.
    pub fn filter(&mut self) -> Result<Filter, ApiError> {
        let mut filter = Filter::default();
        for facet in Facet::ALL {
            self.allow(&mut filter, facet, facet.as_str())?;
        }
        self.allow(&mut filter, Facet::Type, "media_type")?;
        self.allow_tags(&mut filter)?;
        filter.approved = self
            .with("approved", |text| match text {
                "true" => Ok(true),
                _ => Err(Invalid::new("true")),
            })?
            .unwrap_or_default();
        self.made_between(&mut filter, &["created_from", "from"], &["created_to", "to"])?;
        self.with("q", |text| filter.search(text))?;
        Ok(filter)
    }

    /// Lets `filter` have in `facet` any value of the parameter `name`, repeated or comma-separated.
    pub fn allow(
        &mut self,
        filter: &mut Filter,
        facet: Facet,
        name: &'static str,
    ) -> Result<(), ApiError> {
        for value in self.many(name) {
            let value = facet.parse(&value).map_err(|e| ApiError::invalid_parameter(name, e))?;
            if !filter.allow(facet, &value) {
                return Err(ApiError::invalid_parameter(name, Filter::TOO_MANY));
            }
        }
        Ok(())
    }

    /// Lets `filter` have of each tag any value of the parameter `tag.{name}`, or of `tag` behind its name,
    /// repeated or comma-separated.
    pub fn allow_tags(&mut self, filter: &mut Filter) -> Result<(), ApiError> {
        for text in self.many("tag") {
            filter.allow_tag_text(&text).map_err(|e| ApiError::invalid_parameter("tag", e))?;
        }
        for (parameter, values) in self.prefixed("tag.", "tag.{name}") {
            let invalid = |expected| ApiError::invalid_parameter(&parameter, expected);
            let name: TagName = parameter["tag.".len()..].parse().map_err(|_| {
                invalid(Invalid::new("tag.{name}, the name 1 to 64 characters of a-z 0-9 _ -"))
            })?;
            for value in values.split(',') {
                if !filter.allow_tag(name.clone(), &value.parse().map_err(invalid)?) {
                    return Err(invalid(Filter::TOO_MANY));
                }
            }
        }
        Ok(())
    }

    /// The parameter `name` as an instant, or as a date, which is its first instant in UTC.
    pub fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, ApiError> {
        self.with(name, Timestamp::parse_query)
    }

    /// Lets `filter` have what was made in the range that these parameters name, each under its name or
    /// an alias (see [`Filter::made_between`]).
    pub fn made_between(
        &mut self,
        filter: &mut Filter,
        from: &[&'static str],
        to: &[&'static str],
    ) -> Result<(), ApiError> {
        let from = self.bound(from)?.map(|(_, bound)| bound);
        let to = self.bound(to)?;
        let made = filter.made_between(from, to.map(|(_, bound)| bound));
        let name = to.map_or("to", |(name, _)| name);
        made.map_err(|expected| ApiError::invalid_parameter(name, expected))
    }

    /// A bound under one of these names, and under which.
    fn bound(&mut self, names: &[&'static str]) -> Result<Option<(&'static str, Bound)>, ApiError> {
        let mut found = None;
        for name in names {
            let Some(bound) = self.with(name, Bound::parse_query)? else { continue };
            if found.replace((*name, bound)).is_some() {
                let once = Invalid::new("either this name or its alias, not both");
                return Err(ApiError::invalid_parameter(name, once));
            }
        }
        Ok(found)
    }
}
