"""The rules of receivables: pure functions of state, fact and policy. Standard library and schemas only."""
