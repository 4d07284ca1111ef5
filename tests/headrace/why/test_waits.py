"""What documents, receipts, disputes and promises wait for, by the rules themselves; and the accounts made again for it."""

from pathlib import Path

from headrace.commands.why import overview_lines, waiting_lines
from headrace.why.replay import Replay
from headrace.why.waits import Waiting, overview, waits
from tests.headrace.why.told import of_text, told

START = """
2026-03-02 customer
2026-03-02 invoice INV-1 100.00 due 2026-04-01
"""


def waiting(text: str, number: str, directory: Path, account: str = "acme") -> Waiting:
    """The one thing of that number."""
    (history,) = [h for h in of_text(text, directory) if h.key.endswith(f"/{account}")]
    replay = Replay(history, 1)
    try:
        (found,) = waits(replay, number)
    finally:
        replay.close()
    return found


def test_an_invoice_waits_for_its_next_step(tmp_path: Path) -> None:
    found = waiting(START + "2026-03-10 end of day", "INV-1", tmp_path)
    assert found.stands[:3] == [
        "invoice of 100.00 USD, due 2026-04-01",
        "100.00 USD open",
        "reminder level 0; no letter yet",
    ]
    # Scenarios are replayed.
    assert found.stands[-1] == "nothing of it was sent from here: it was decided as history (docs/effects.md)"
    assert found.stands[3].startswith("next is level 1 on 2026-03-25, at ")
    assert found.stands[3].endswith(": the clock is not there yet")
    assert found.holds == ["nothing holds back its next reminder"]
    assert found.clock == "the log's clock stands at 2026-03-11 23:59:59 (replay)"
    assert [(time[:10], words.partition(",")[0]) for time, words in found.next] == [
        ("2026-03-25", "Reminder of level 1 for INV-1"),
    ]
    assert [words for _, words in found.said] == ["Invoice INV-1 of 100.00 USD posted, due 2026-04-01"]


def test_what_is_due_and_promised_is_reminded_when_the_promise_is_broken(tmp_path: Path) -> None:
    text = START + "2026-03-20 promise P-1 100.00 by 2026-04-05 for INV-1\n2026-04-03 end of day"
    found = waiting(text, "INV-1", tmp_path)
    assert "next is level 2, due since 2026-04-02, and it is looked at again on 2026-04-06" in found.stands
    assert found.holds == ["promise P-1 is open for it", "promise P-1 is judged on 2026-04-09"]
    assert [(time[:10], words.partition(",")[0]) for time, words in found.next] == [
        ("2026-04-09", "Promise P-1 of 100.00 USD by 2026-04-05: broken"),
        ("2026-04-10", "Reminder of level 2 for INV-1"),
    ]
    promise = waiting(text, "P-1", tmp_path)
    assert promise.stands == [
        "promise of 100.00 USD by 2026-04-05: open",
        "0.00 USD of applied cash counts for it",
    ]
    assert promise.next[0][1] == "Promise P-1 of 100.00 USD by 2026-04-05: broken, 0.00 USD came"


def test_every_reason_that_holds_is_told(tmp_path: Path) -> None:
    text = (
        START
        + """
2026-03-03 operator blocks reminders
2026-03-03 service case C-1 open on INV-1
2026-03-04 dispute D-1 on INV-1 as damage
2026-03-04 dispute D-1 in review by kim
2026-03-05 receipt R-1 99.00
"""
    )
    found = waiting(text, "INV-1", tmp_path)
    assert found.holds == [
        "an operator blocked reminders of the account",
        "service case C-1 is open",
        "it is disputed",
        "money or credits that are here cover it, oldest item first",
        "dispute D-1 is in review, with kim, until 2026-03-10 13:08:00",
        "service case C-1 is to be closed",
    ]
    assert found.next[-1][1].startswith("No reminder of level ")


def test_the_cap_on_contacts_is_told(tmp_path: Path) -> None:
    text = (
        "2026-03-02 policy\n    [reminders]\n    contacts_max = 1\n"
        + START
        + '2026-03-03 message M-1 out: "hello"\n2026-03-04 end of day'
    )
    assert waiting(text, "INV-1", tmp_path).holds == ["the customer was contacted as often as the policy allows"]


def test_an_invoice_whose_sequence_ended_waits_for_nothing(tmp_path: Path) -> None:
    text = "2026-03-02 policy\n    [reminders]\n    steps_days = [1]\n" + START + "2026-04-10 end of day"
    found = waiting(text, "INV-1", tmp_path)
    assert found.stands[-2] == "the sequence of reminders has no further step"
    assert (found.holds, found.next) == ([], [])


def test_a_cleared_invoice_is_cleared(tmp_path: Path) -> None:
    found = waiting(START + "2026-03-05 receipt R-1 100.00 for INV-1", "INV-1", tmp_path)
    assert found.stands[-1] == "cleared: nothing of it is open"
    assert (found.holds, found.next) == ([], [])


def test_a_draft_is_held_for_every_reason(tmp_path: Path) -> None:
    text = """
2026-03-02 policy
    [release]
    condition = "on_pod"
2026-03-02 customer: no billing address
2026-03-02 order O-1: 10 x 12.50
2026-03-03 shipment S-1 of O-1: 10
2026-03-03 draft INV-1 of O-1: 10 x 12.50
"""
    found = waiting(text, "INV-1", tmp_path)
    assert found.kind == "draft"
    assert found.stands == [
        "draft of 125.00 USD, held since 2026-03-03",
        "the policy bills on pod; a hold of more than 5 days is told",
    ]
    assert found.holds == [
        "the customer has no billing address",
        "there is no proof of delivery of shipment S-1",
    ]
    assert [(time[:10], words) for time, words in found.next] == [
        (
            "2026-03-09",
            "For a person: hold:INV-1 (billing address missing, proof of delivery missing:S-1) of 125.00 USD",
        ),
        ("2026-03-13", "Invoice INV-1 of 125.00 USD held: billing address missing"),
    ]


def test_a_receipt_says_why_it_is_not_applied_and_what_it_waits_for(tmp_path: Path) -> None:
    text = START + "2026-03-05 receipt R-1 60.00 for RG-55 50.00, INV-1 20.00"
    found = waiting(text, "R-1", tmp_path)
    assert found.stands == ["receipt of 60.00 USD, valued 2026-03-05", "it names RG-55, INV-1", "60.00 USD unapplied"]
    assert found.holds == [
        "RG-55 is no document of the account",
        "could be: RG-55, INV-1",
        "it is tried again when one of these comes: 55, 1",
    ]
    assert found.next == []


def test_a_dispute_says_who_has_it_and_until_when(tmp_path: Path) -> None:
    text = (
        '2026-03-02 policy\n    [[disputes.routes]]\n    owner = "kim"\n'
        + START
        + "2026-03-05 dispute D-1 on INV-1 40.00 as pricing"
    )
    found = waiting(text, "D-1", tmp_path)
    assert found.stands[0] == "dispute of 40.00 USD on INV-1, pricing"
    assert found.stands[1].startswith("in review, with kim, until 2026-03-11 13:")
    assert found.holds == ["somebody has to decide it"]
    assert [words for _, words in found.next] == [
        "D-1 is overdue: team_lead is told (step 1)",
        "D-1 is overdue: credit_manager is told (step 2)",
    ]


def test_what_is_not_there_waits_for_nothing(tmp_path: Path) -> None:
    (history,) = of_text(START, tmp_path)
    replay = Replay(history, 1)
    assert waits(replay, "INV-404") == []
    replay.close()


def test_the_highest_step_that_is_due_is_the_next(tmp_path: Path) -> None:
    """Missed steps are not caught up."""
    found = waiting(START + "2026-03-03 operator blocks reminders\n2026-04-12 end of day", "INV-1", tmp_path)
    assert "reminder level 0; no letter yet" in found.stands
    assert found.stands[-2].startswith("next is level 3, due since 2026-04-13")
    assert found.next[0][1] == "No reminder of level 4 for INV-1: blocked"


def test_all_of_an_account_that_waits(tmp_path: Path) -> None:
    text = START + "2026-03-03 invoice INV-2 50.00\n2026-03-05 receipt R-1 5.00\n2026-03-06 draft INV-3 7.00 of O-9"
    (history,) = [h for h in of_text(text, tmp_path) if h.key.endswith("/acme")]
    replay = Replay(history, 1)
    found = overview(replay)
    replay.close()
    assert [(one.kind, one.number) for one in found] == [
        ("document", "INV-1"),
        ("document", "INV-2"),
        ("draft", "INV-3"),
        ("receipt", "R-1"),
    ]
    assert overview_lines(found[2]) == [
        "draft INV-3: draft of 7.00 USD, held since 2026-03-06; the policy bills on shipment; a hold of more than 5 days is told",
        "  its order is not here",
    ]


def test_a_task_says_who_has_it(tmp_path: Path) -> None:
    policy = """
2026-03-02 policy
    [[collections.steps]]
    role = "collector"
    owner = "anna"
    hours = 90
    [collections]
    tasks = ["broken_promise"]
"""
    text = policy + START + "2026-03-03 promise P-1 100.00 by 2026-03-04 for INV-1\n2026-03-09 end of day"
    found = waiting(text, "broken_promise:P-1", tmp_path)
    assert found.stands[1] == "with anna, step 1 of the chain"
    assert found.holds[0].startswith("somebody has to do it until 2026-03-")
    assert found.next[0][1] == "Task broken_promise:P-1 goes on, for anna"


def test_it_is_printed(tmp_path: Path) -> None:
    lines = waiting_lines(waiting(START + "2026-03-10 end of day", "INV-1", tmp_path))
    assert lines[0] == "Document INV-1 of t1/us01/acme"
    for part in ("Now", "The clock", "If nothing else happens", "Decided last"):
        assert part in lines


LETTER = (
    "2026-03-02 policy\n    [approvals]\n    reminders_from_level = 2\n    expiry_hours = 40\n"
    + START
    + "2026-03-02 invoice INV-2 50.00 due 2026-04-13\n"
)
ASKED = "reminder:USD:2026-04-02"


def of_letter(then: str, number: str, directory: Path) -> dict[str, Waiting]:
    """What has that number, by kind, after the letter of 2026-04-02 was asked for and what happened then."""
    (history,) = [h for h in of_text(LETTER + then, directory) if h.key.endswith("/acme")]
    replay = Replay(history, 1)
    try:
        return {found.kind: found for found in waits(replay, number)}
    finally:
        replay.close()


def test_an_item_whose_letter_waits_for_an_approval_says_for_which(tmp_path: Path) -> None:
    found = of_letter("2026-04-03 end of day", "INV-1", tmp_path)
    assert found["document"].holds == [f"its letter of level 2 waits for the approval {ASKED}"]
    # Nobody answers, and a person is told.
    assert [(time[:10], words.partition(" of 100.00")[0]) for time, words in found["document"].next[:2]] == [
        ("2026-04-09", "a reminder"),
        ("2026-04-09", f"For a person: letter:{ASKED} (nobody answered)"),
    ]
    request = found["approval"]
    assert request.number == ASKED
    assert request.stands == ["reminder of 100.00 USD, INV-1, asked for by policy", "INV-1 at level 2"]
    assert request.holds[0].startswith("another person has to approve or reject it until 2026-04-09")


def test_what_is_due_at_a_lower_level_waits_with_the_accounts_letter(tmp_path: Path) -> None:
    found = of_letter("2026-04-06 end of day", "INV-2", tmp_path)
    assert found["document"].holds == [f"the account's letter waits as a whole, for the approval {ASKED}"]


def test_a_letter_that_is_approved_goes_when_letters_may_and_rests_on_its_approval(tmp_path: Path) -> None:
    found = of_letter(f"2026-04-05 lee approves {ASKED}", "INV-1", tmp_path)["document"]
    assert found.holds == [f"its letter of level 2 is approved by lee ({ASKED}), and goes when letters may"]
    assert [(time[:10], words) for time, words in found.next] == [
        ("2026-04-06", "Reminder of level 2 for INV-1, 100.00 USD, letter acme:20549, approved by lee")
    ]
    sent = tmp_path / "sent"
    sent.mkdir()
    said = told(of_text(f"{LETTER}2026-04-05 lee approves {ASKED}\n2026-04-06 end of day", sent), "reminder_due", 1)
    assert said.startswith("0-6  Reminder of level 2 for INV-1, 100.00 USD, letter acme:20549, approved by lee\n")
    assert (
        "  Said by lee: approve (2026-04-05 09:10, scenario)\n"
        in said.partition("It rests on what was known before")[2]
    )
