"""Minor units as people write them: decimal texts with the decimals of the currency (ISO 4217)."""

from typing import Final

_NOT_TWO: Final[dict[str, int]] = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def decimals(currency: str) -> int:
    """How many decimals the currency has."""
    return _NOT_TWO.get(currency, 2)


def plain(minor: int, currency: str) -> str:
    """147703.18: what programs read."""
    return _written(minor, currency, "")


def grouped(minor: int, currency: str) -> str:
    """147,703.18: what people read."""
    return _written(minor, currency, ",")


def _written(minor: int, currency: str, separator: str) -> str:
    places = decimals(currency)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**places)
    text = f"{whole:,}" if separator else str(whole)
    return f"{sign}{text}.{rest:0{places}d}" if places else f"{sign}{text}"
