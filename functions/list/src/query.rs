//! The query of a list.

use api::{ApiError, PageSize, Params};
use model::store::DEEPEST;
use model::{Cursor, Filter, Order};

/// A list's query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) order: Order,
    pub(crate) paging: Paging,
}

/// The page that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    /// Dialect B.
    Cursor { after: Option<Cursor>, limit: usize },
    /// Dialect A.
    Page { page: usize, limit: usize },
}

impl ListQuery {
    /// Reads a query string.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, ApiError> {
        let mut params = Params::parse(query)?;
        let filter = params.filter()?;
        let order: Order = params.parsed("order")?.unwrap_or_default();
        let paging = if params.has("page") {
            numbered(&mut params)?
        } else {
            let limit = params.limit(PageSize::BY_CURSOR)?;
            let after = params.with("cursor", |text| Cursor::decode(text, &filter, order))?;
            Paging::Cursor { after, limit }
        };
        params.finish()?;
        Ok(Self { filter, order, paging })
    }
}

fn numbered(params: &mut Params) -> Result<Paging, ApiError> {
    let page = params.number("page", 1..=usize::MAX, "a whole number from 1")?.unwrap_or(1);
    let limit = params.limit(PageSize::BY_NUMBER)?;
    if page.saturating_mul(limit) > DEEPEST {
        return Err(ApiError::too_deep());
    }
    Ok(Paging::Page { page, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(query: &str) -> &'static str {
        ListQuery::parse(Some(query)).unwrap_err().code()
    }

    #[test]
    fn a_misspelt_filter_never_returns_everything() {
        for query in [
            "tpye=image",
            "limit=0",
            "limit=201",
            "limit=abc",
            "page=1&limit=101",
            "page=0",
            "order=up",
            "status=done",
            "approved=false",
            "type=Image",
            "q=",
            "created_from=soon",
            "cursor=x",
            "page=1&cursor=x",
            "from=2026-01-01&created_from=2026-01-01",
            "created_from=2026-01-02&created_to=2026-01-01",
            "q=+",
            "agent_id=a%00b",
            "type=a,b,c,d,e,f,g,h,i,j,k",
            "tag.brand=",
            "tag.brand=a,,b",
            "tag.=acme",
            "tag.Brand=acme",
            "tags.brand=acme",
            "tag=brand",
            "tag=brand:acme,bolt",
            "tag=Brand:acme",
            "tag=brand:",
            "tag=:acme",
        ] {
            assert_eq!(error(query), "invalid_parameter", "{query}");
        }
        let deep = ListQuery::parse(Some("page=101&limit=100")).unwrap_err();
        assert!(deep.detail().contains(&DEEPEST.to_string()));
        assert_eq!(error("page=101&limit=100"), "use_cursor");
    }

    #[test]
    fn tags_are_named_in_the_parameter() {
        let query = ListQuery::parse(Some("tag.brand=acme,Bolt+%26+Co&tag.channel=web")).unwrap();
        let values = query.filter.tag_values(&"brand".parse().unwrap());
        assert_eq!(values, ["acme", "bolt & co"]);
        assert_eq!(query.filter.tag_names().count(), 2);
        let named = "tag=brand:acme,brand:Bolt+%26+Co&tag=channel:web";
        assert_eq!(ListQuery::parse(Some(named)).unwrap().filter, query.filter);
    }

    #[test]
    fn a_page_makes_it_dialect_a() {
        let query = |text| ListQuery::parse(Some(text)).unwrap().paging;
        assert_eq!(query("page=2"), Paging::Page { page: 2, limit: 20 });
        assert_eq!(query("limit=7"), Paging::Cursor { after: None, limit: 7 });
    }
}
