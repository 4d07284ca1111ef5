"""Months and dates of days since 1970-01-01, in integers, for any day there is. Source: civil_from_days, Howard Hinnant."""


def month_of(day: int) -> int:
    """The month of the day, 0 being January 1970."""
    of_year = _day_of_year(day)
    from_march = (5 * of_year + 2) // 153
    year = _year(day) + (1 if from_march >= 10 else 0)
    return 12 * (year - 1970) + (from_march + 2) % 12


def iso_day(day: int) -> str:
    """The day as YYYY-MM-DD."""
    of_year = _day_of_year(day)
    from_march = (5 * of_year + 2) // 153
    month = month_of(day)
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}-{of_year - (153 * from_march + 2) // 5 + 1:02d}"


def _of_era(day: int) -> int:
    return (day + 719_468) % 146_097


def _year_of_era(day: int) -> int:
    of_era = _of_era(day)
    return (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365


def _year(day: int) -> int:
    """The year that begins in March."""
    return _year_of_era(day) + 400 * ((day + 719_468) // 146_097)


def _day_of_year(day: int) -> int:
    """Days since its 1 March."""
    year = _year_of_era(day)
    return _of_era(day) - (365 * year + year // 4 - year // 100)
