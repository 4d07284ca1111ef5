"""Accounts that never leave memory. In a module of its own so that it is compiled with the class it extends."""

from dataflows.rules.account.account_rows import Rows


class NoRows(Rows):
    """Nothing is stored: what an account does not hold in memory there is not."""

    def fetch(self, account_key: str, name: str) -> bytes | None:
        return None

    def names(self, account_key: str, start: str, stop: str, most: int) -> list[str]:
        return []
