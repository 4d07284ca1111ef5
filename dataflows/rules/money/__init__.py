"""Money and days in whole numbers."""
