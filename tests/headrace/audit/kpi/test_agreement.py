"""Every view says what the recomputation says, over all scenarios: every rule that there is, with its edges."""

from pathlib import Path

from headrace.audit.kpi.check import KPIS
from tests.headrace.audit.kpi.installed import compared, lines, of_scenarios, publish, read


def test_all_scenarios_agree_in_every_view(tmp_path: Path) -> None:
    log = of_scenarios(tmp_path)
    publish(log, tmp_path)
    reading = read(log)
    log.close()
    check = compared(reading, tmp_path)
    assert lines(check) == []
    rows = {note.partition(":")[0]: int(note.split(" ")[1].replace(",", "")) for note in check.notes}
    # No view agrees because it is empty.
    assert sorted(rows) == sorted(kpi.view for kpi in KPIS)
    assert min(rows.values()) > 20, rows
