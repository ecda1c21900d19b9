"""What a schema cannot say to schemathesis: `expires_at` is a time to come, a filter's range begins before it ends, and
whole numbers have 64 bits."""

from datetime import date, datetime, timezone

import schemathesis
from hypothesis import strategies as st

DAYS = st.dates(date(2100, 1, 1), date(9000, 1, 1))

schemathesis.openapi.format("date", DAYS.map(str))
schemathesis.openapi.format("date-time", DAYS.map(lambda day: f"{day}T08:00:00Z"))


@schemathesis.hook
def map_body(context, body):
    """Times of earlier answers are used again as times to come; those are moved."""
    body = within_64_bits(body)
    if isinstance(body, dict) and is_past(body.get("expires_at")):
        body = body | {"expires_at": "2100-01-01T08:00:00Z"}
    if isinstance(body, dict) and isinstance(body.get("filter"), dict):
        body = body | {"filter": in_order(body["filter"])}
    return body


def in_order(filter):
    """Exchanges the two ends of a range that ends before it begins. What is no time stays, to be refused."""
    start, end = filter.get("created_from"), filter.get("created_to")
    try:
        backwards = moment(end) < moment(start)
    except (TypeError, ValueError):
        return filter
    return filter | {"created_from": end, "created_to": start} if backwards else filter


def moment(time):
    """A date is its first instant."""
    time = datetime.fromisoformat(time)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def is_past(time):
    try:
        return moment(time) < datetime.now(timezone.utc)
    except (TypeError, ValueError):
        return False


def within_64_bits(value):
    match value:
        case bool():
            return value
        case int():
            return max(-(2**63), min(value, 2**64 - 1))
        case list():
            return [within_64_bits(item) for item in value]
        case dict():
            return {name: within_64_bits(item) for name, item in value.items()}
        case _:
            return value
