"""What a schema cannot say to schemathesis: `expires_at` is a time to come. So are all of these."""

from datetime import date

import schemathesis
from hypothesis import strategies as st

DAYS = st.dates(date(2100, 1, 1), date(9000, 1, 1))

schemathesis.openapi.format("date", DAYS.map(str))
schemathesis.openapi.format("date-time", DAYS.map(lambda day: f"{day}T08:00:00Z"))
