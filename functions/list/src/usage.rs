//! `GET /api/v1/usage`: what a workspace has, and what that cost.

use api::{ApiError, Caller, Data, Params, Read};
use axum::extract::State;
use http::Uri;
use model::Timestamp;
use model::store::Usage;
use model::text::Invalid;
use model::time::DAY;

use crate::Deps;

/// The days that are told where the caller asks for none.
const DAYS: i64 = 90;
/// The most days that are told.
const MOST_DAYS: i64 = 366;

/// Counts the workspace's assets, their bytes and their cost.
#[utoipa::path(
    get,
    operation_id = "get_usage",
    path = "/api/v1/usage",
    params(
        ("from" = Option<String>, Query, description = "First day of by_day and of the books (UTC), RFC 3339 time or date; by default 90 days up to the last"),
        ("to" = Option<String>, Query, description = "Last day of by_day; by default today. At most 366 days"),
    ),
    responses(
        (status = 200, description = "{data: {total, by_type, by_provider, by_model, by_agent, by_campaign, by_status, by_day, spend}} of the assets that lists show, each counted within seconds of its change; by_day by the day on which they were made. At most 1,000 values each, values in their order. spend: on all assets that there are or were, on what was archived or deleted, for each approved asset, and by day on the budget's books", body = ref("#/components/schemas/UsageAnswer")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
    ),
)]
pub(crate) async fn usage(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    uri: Uri,
) -> api::Result<axum::Json<Data<Usage>>> {
    let (from, to) = days(uri.query(), deps.clock.now())?;
    let data = deps.store.usage(&caller.workspace, from, to).await?;
    Ok(axum::Json(Data { data }))
}

/// The first and the last day that a query asks for.
fn days(query: Option<&str>, today: Timestamp) -> Result<(Timestamp, Timestamp), ApiError> {
    let mut params = Params::parse(query)?;
    let (from, to) = (params.time("from")?, params.time("to")?);
    params.finish()?;
    let to = to.unwrap_or(today);
    let from = from.unwrap_or(to.plus(-(DAYS - 1) * DAY));
    if from > to || from.plus(MOST_DAYS * DAY) <= to {
        let expected = Invalid::new("a day not after to, and at most 366 days from it");
        return Err(ApiError::invalid_parameter("from", expected));
    }
    Ok((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_default_to_the_last_ninety_and_are_at_most_a_leap_year() {
        let today: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let day = |text| Timestamp::parse_query(text).unwrap();
        let first = "2026-08-25T10:00:00Z".parse().unwrap();
        assert_eq!(days(None, today).unwrap(), (first, today));
        let year = days(Some("from=2025-01-01&to=2026-01-01"), today).unwrap();
        assert_eq!(year, (day("2025-01-01"), day("2026-01-01")));
        for bad in ["from=2025-01-01&to=2026-01-02", "from=2026-12-01", "from=x", "days=3"] {
            assert_eq!(days(Some(bad), today).unwrap_err().code(), "invalid_parameter", "{bad}");
        }
    }
}
