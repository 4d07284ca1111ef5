"""The web pages of `headrace serve`: for finance and operations, made on the server, reading only.

Here are the pages, what they ask of the views, their templates and their own small script and style. Nothing here
writes to an installation or decides anything about receivables; what figures mean is in headrace/report.py,
headrace/forecast.py and sinks/clickhouse.
"""
