"""The KPIs, each a view of the decisions and of who the accounts are. docs/kpis.md is their contract.

May not be here: figures that no decision says, and anything that writes rows.
"""
