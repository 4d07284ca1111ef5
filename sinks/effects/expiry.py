"""What has waited too long. Within transactions.

Of some sinks, what was tried is looked for before it ends: an attempt before may have arrived, and its answer been lost.
"""

import sqlite3


def over(connection: sqlite3.Connection, now_ms: int, most: int, look_ms: int) -> list[tuple[int, str]]:
    """What ends now, at most `most`, each with why. look_ms: for so long what was tried is looked for, from now on."""
    rows = connection.execute(
        "SELECT number, attempts, in_doubt, attempts + rounds > 0, until_ms FROM effects LEFT JOIN late USING (number)"
        " WHERE state = 'waiting' AND expires_ms <= ?1 AND coalesce(until_ms, 0) <= ?1 ORDER BY expires_ms LIMIT ?2",
        (now_ms, most),
    ).fetchall()
    ended: list[tuple[int, str]] = []
    for number, attempts, in_doubt, tried, until_ms in rows:
        if look_ms and tried and until_ms is None:
            connection.execute("INSERT INTO late VALUES (?, ?)", (number, now_ms + look_ms))
        else:
            # Of one that is in doubt anyway that is said of whatever ends it.
            unknown = "; it may be there" if look_ms and tried and not in_doubt else ""
            ended.append((number, f"not done in time, {attempts} attempts{unknown}"))
    return ended
