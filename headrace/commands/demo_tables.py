"""The tables at the end of headrace demo: what came of the distributor, in the words of who works with it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from headrace.amounts import grouped
from headrace.forecast import Forecast, day_of, make_forecast
from headrace.report import Report
from headrace.words import word
from sinks.clickhouse.reading import Views

FORECAST_WEEKS: Final = 4
_NUMBERS: Final = ("number", "amount", "share", "", "open", "exposure", "limit", "overdue", "tasks", "cash", "others")
_MONEY: Final = ("amount", "open", "exposure", "limit")
