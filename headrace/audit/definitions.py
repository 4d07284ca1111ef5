"""The check of definitions: every table and view is there, and as the migrations make it."""

from headrace.audit.findings import Check
from sinks.clickhouse.definitions import differences, made
from sinks.clickhouse.reading import Views


def check_definitions(check: Check, views: Views) -> bool:
    """Whether every table and view is there and as the migrations make it; what is not is a finding. Raises SinkError."""
    check.checked += len(made())
    found = differences(views)
    for difference in found:
        check.find("definition", str(difference))
    if found:
        check.note("the contents of the views are not compared: not all of them are as the migrations make them")
    return not found
