"""Documents as bytes, made of records by pure functions: no clock, no network, no log. PDF, letters, UBL, CII, X12, mail."""
