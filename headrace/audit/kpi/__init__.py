"""The figures of every kpi_* view, recomputed in one batch from the facts and from what the decisions log says.

Written from docs/kpis.md and its formulas alone: nothing of the views' SQL may be read or called here. Money and
dates come from the auditor's books, rules and owners from the decisions.
"""
