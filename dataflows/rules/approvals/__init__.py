"""Approvals, exceptions and what people do with them: CAPABILITIES E1 and E2."""
