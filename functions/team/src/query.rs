//! The query of a team's list.

use api::{ApiError, PageSize, Params};
use model::{Facet, Filter};

/// The largest offset that is told from larger ones: further than any list is counted.
const FARTHEST: usize = 1_000_000_000;

/// A team list's query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TeamQuery {
    pub(crate) filter: Filter,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

impl TeamQuery {
    /// Reads a query string.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, ApiError> {
        let mut params = Params::parse(query)?;
        let mut filter = Filter::default();
        params.allow(&mut filter, Facet::Conversation, "conversationId")?;
        params.allow(&mut filter, Facet::Run, "runId")?;
        params.allow(&mut filter, Facet::Type, "type")?;
        params.made_between(&mut filter, &["from"], &["to"])?;
        let limit = params.limit(PageSize::OF_TEAM)?;
        let offset = params.number("offset", 0..=usize::MAX, "a whole number from 0")?;
        params.finish()?;
        Ok(Self { filter, offset: offset.unwrap_or(0).min(FARTHEST), limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_may_be_empty() {
        let everything = TeamQuery { filter: Filter::default(), offset: 0, limit: 60 };
        assert_eq!(TeamQuery::parse(None).unwrap(), everything);
    }

    #[test]
    fn any_offset_can_be_reckoned_with() {
        let query = TeamQuery::parse(Some("offset=18446744073709551615&limit=100")).unwrap();
        assert!(query.offset.checked_add(query.limit).is_some());
    }

    #[test]
    fn names_of_other_dialects_are_unknown() {
        for query in ["run_id=1", "conversation_id=c", "page=1", "cursor=x", "order=asc", "q=x"] {
            let error = TeamQuery::parse(Some(query)).unwrap_err();
            assert_eq!(error.code(), "invalid_parameter", "{query}");
        }
    }
}
