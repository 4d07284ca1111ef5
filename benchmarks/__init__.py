"""Workloads and benchmark runners. No rule of receivables lives here, and nothing in the product imports it."""
