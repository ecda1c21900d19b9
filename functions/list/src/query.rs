//! What a list's query asks for.

use api::{ApiError, Params};
use model::text::Invalid;
use model::{Cursor, Facet, Filter, Order, Timestamp};

/// How deep numbered pages go, in assets.
const DEEPEST: usize = 10_000;

/// A list's query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) order: Order,
    pub(crate) paging: Paging,
}

/// Which page.
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
        let filter = filter(&mut params)?;
        let order = params.with("order", |text| match text {
            "desc" => Ok(Order::Desc),
            "asc" => Ok(Order::Asc),
            _ => Err(Invalid::new("desc or asc")),
        })?;
        let order = order.unwrap_or_default();
        let paging = if params.has("page") {
            numbered(&mut params)?
        } else {
            let limit = number(&mut params, "limit", 200, "a whole number from 1 to 200")?;
            let after = params.with("cursor", |text| Cursor::decode(text, &filter, order))?;
            Paging::Cursor { after, limit: limit.unwrap_or(50) }
        };
        params.finish()?;
        Ok(Self { filter, order, paging })
    }
}

fn numbered(params: &mut Params) -> Result<Paging, ApiError> {
    let page = number(params, "page", u32::MAX.into(), "a whole number from 1")?.unwrap_or(1);
    let limit = number(params, "limit", 100, "a whole number from 1 to 100")?.unwrap_or(20);
    if page.saturating_mul(limit) > DEEPEST {
        return Err(ApiError::use_cursor());
    }
    Ok(Paging::Page { page, limit })
}

fn number(
    params: &mut Params,
    name: &'static str,
    max: u64,
    expected: &'static str,
) -> Result<Option<usize>, ApiError> {
    let number = params.number(name, 1..=max, expected)?;
    Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
}

fn filter(params: &mut Params) -> Result<Filter, ApiError> {
    let mut filter = Filter::default();
    for facet in Facet::ALL {
        allow(params, &mut filter, facet, facet.name())?;
    }
    allow(params, &mut filter, Facet::Type, "media_type")?;
    filter.approved = params
        .with("approved", |text| match text {
            "true" => Ok(true),
            _ => Err(Invalid::new("true")),
        })?
        .unwrap_or_default();
    filter.created_from = either(params, "created_from", "from")?;
    filter.created_to = either(params, "created_to", "to")?;
    let text = params.with("q", |text| {
        let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        let expected = Invalid::new("1 to 200 characters without control characters");
        fits.then(|| text.to_owned()).ok_or(expected)
    })?;
    if let Some(text) = text {
        filter.search(&text);
    }
    Ok(filter)
}

fn allow(
    params: &mut Params,
    filter: &mut Filter,
    facet: Facet,
    name: &'static str,
) -> Result<(), ApiError> {
    for value in params.many(name) {
        let value = facet.parse(&value).map_err(|e| ApiError::invalid_parameter(name, e))?;
        if !filter.allow(facet, value) {
            return Err(ApiError::invalid_parameter(name, Invalid::new("at most 10 values")));
        }
    }
    Ok(())
}

/// A time under its name or its alias.
fn either(
    params: &mut Params,
    name: &'static str,
    alias: &'static str,
) -> Result<Option<Timestamp>, ApiError> {
    let named = params.with(name, Timestamp::parse_query)?;
    let aliased = params.with(alias, Timestamp::parse_query)?;
    match (named, aliased) {
        (Some(_), Some(_)) => {
            let once = Invalid::new("either this name or its alias, not both");
            Err(ApiError::invalid_parameter(alias, once))
        }
        (named, aliased) => Ok(named.or(aliased)),
    }
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
            "agent_id=a%00b",
            "type=a,b,c,d,e,f,g,h,i,j,k",
        ] {
            assert_eq!(error(query), "invalid_parameter", "{query}");
        }
        assert_eq!(error("page=101&limit=100"), "use_cursor");
    }

    #[test]
    fn a_page_makes_it_dialect_a() {
        let query = |text| ListQuery::parse(Some(text)).unwrap().paging;
        assert_eq!(query("page=2"), Paging::Page { page: 2, limit: 20 });
        assert_eq!(query("limit=7"), Paging::Cursor { after: None, limit: 7 });
    }
}
