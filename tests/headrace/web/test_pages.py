"""What the pages say is what the commands say of the same installation, and nothing in them can be made to do more."""

import csv
import html
import io
import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from headrace.web.app import PAGES
from tests.headrace.web.conftest import ROOT, command, environment, headrace, served
from tests.headrace.web.tables import tables_of

pytestmark = pytest.mark.xdist_group("web")
AGES = ("current", "1-30", "31-60", "61-90", "91+")


@pytest.fixture(scope="module")
def last_day(shop: Path) -> str:
    asked = headrace(
        "query", "--dir", str(shop), "SELECT toDate(max(recorded_time)) AS d FROM decisions", "--format", "json"
    )
    return str(json.loads(asked)[0]["d"])


def report(shop: Path, as_of: str) -> dict[str, dict[str, Any]]:
    return {
        each["currency"]: each
        for each in json.loads(headrace("report", "--dir", str(shop), "--as-of", as_of, "--json"))
    }


def page(pages: httpx.Client, address: str) -> str:
    answer = pages.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(pages: httpx.Client, address: str) -> list[dict[str, str]]:
    """Of a table as a file."""
    answer = pages.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert "x-more-rows" not in answer.headers
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, name, _, _ in PAGES])
def test_every_page_is_there_and_marked_in_the_menu(pages: httpx.Client, path: str, name: str) -> None:
    shown = page(pages, path)
    assert f'<a href="{path}" aria-current="page">{name}</a>' in shown
    assert shown.count("aria-current") == 1
    assert shown.count("<h1>") == 1


def test_the_overview_has_the_figures_of_the_report(pages: httpx.Client, shop: Path, last_day: str) -> None:
    reports = report(shop, last_day)
    assert len(reports) >= 3
    for code, said in reports.items():
        shown = tables_of(page(pages, f"/?currency={code}"))
        assert [(row["Items"], row["Amount"]) for row in shown["Open items by age"]] == [
            (str(said["aging"][age]["count"]), said["aging"][age]["amount"]) for age in AGES
        ]
        at_the_end = shown["Days sales outstanding at the end of each month"][-1]
        assert at_the_end["Day"] == last_day
        for column, name in (("DSO", "dso"), ("Best possible DSO", "bpdso"), ("Average days delinquent", "add")):
            assert at_the_end[column] == ("" if said[name] is None else str(said[name]))
        by_currency = {row["Currency"]: row for row in shown["Receivables by currency"]}
        assert by_currency.keys() == reports.keys()
        assert by_currency[code]["Past due"] == said["past_due"]["amount"]


def test_another_day_is_in_the_address(pages: httpx.Client, shop: Path) -> None:
    said = report(shop, "2026-02-10")["USD"]
    shown = page(pages, "/aging?as_of=2026-02-10&currency=USD")
    assert [row["Amount"] for row in tables_of(shown)["Open items by age"]] == [
        said["aging"][age]["amount"] for age in AGES
    ]
    assert "at the end of\n    10 Feb 2026</p>" in shown
    assert 'href="/dso?as_of=2026-02-10"' in shown


def test_a_day_to_come_ages_what_is_open_now(pages: httpx.Client, shop: Path) -> None:
    said = report(shop, "2026-05-20")["USD"]["aging"]
    assert said["current"]["amount"] == "0.00"
    shown = tables_of(page(pages, "/aging?as_of=2026-05-20&currency=USD"))["Open items by age"]
    assert [(row["Items"], row["Amount"]) for row in shown] == [
        (str(said[age]["count"]), said[age]["amount"]) for age in AGES
    ]
    for path, told in (("/aging?as_of=2026-05-20", True), ("/aging", False)):
        assert ("what comes after it is not known" in page(pages, path)) == told


def test_the_file_of_the_overviews_accounts_has_all_of_them(pages: httpx.Client) -> None:
    shown = tables_of(page(pages, "/?currency=USD"))["Open items by account"]
    everybody = rows(pages, "/?currency=USD&table=accounts")
    assert len(everybody) > len(shown) == 8
    assert everybody == rows(pages, "/aging?currency=USD&table=accounts")


def test_accounts_add_up_to_the_report_and_regions_to_the_whole(pages: httpx.Client, shop: Path, last_day: str) -> None:
    said = report(shop, last_day)["USD"]
    everybody = rows(pages, "/aging?currency=USD&table=accounts")
    assert sum(Decimal(row["Open"]) for row in everybody) == Decimal(said["open"]["amount"])
    assert sum(Decimal(row["Past due"]) for row in everybody) == Decimal(said["past_due"]["amount"])
    assert sum(int(row["Items"]) for row in everybody) == said["open"]["count"]
    known = json.loads(
        headrace("query", "--dir", str(shop), "SELECT DISTINCT region FROM accounts", "--format", "json")
    )
    parts = []
    for region in sorted(row["region"] for row in known):
        part = rows(pages, f"/aging?currency=USD&region={region}&table=accounts")
        if part:
            buckets = rows(pages, f"/aging?currency=USD&region={region}&table=buckets")
            assert sum(Decimal(row["Open"]) for row in part) == sum(Decimal(row["Amount"]) for row in buckets)
        parts += part
    assert len(parts) > 3
    assert sorted(row["Account"] for row in parts) == sorted(row["Account"] for row in everybody)


def test_pages_of_a_table_follow_each_other(pages: httpx.Client, shop: Path) -> None:
    account = rows(pages, "/aging?currency=USD&table=accounts")[0]["Account"]
    tenant, entity, name = account.split("/")
    whole = [row["Decision"] for row in rows(pages, f"/account/{tenant}/{entity}/{name}?table=timeline")]
    assert len(whole) > 30
    first, second = (
        [row["Decision"] for row in tables_of(page(pages, f"/account/{tenant}/{entity}/{name}?page={at}"))["Timeline"]]
        for at in (1, 2)
    )
    assert [*first, *second] == whole[: len(first) + len(second)]
    assert len(first) == 25
    said = json.loads(headrace("timeline", "--dir", str(shop), name, "--json"))
    assert whole == [row["id"] for row in said if row["entity"] == entity][::-1]


def test_lists_of_work_are_those_of_the_commands(pages: httpx.Client, shop: Path) -> None:
    open_now = json.loads(headrace("exceptions", "--dir", str(shop), "--json"))
    assert [row["What"] for row in rows(pages, "/exceptions?table=exceptions")] == [
        row["exception_id"] for row in open_now if row["what"] != "task"
    ]
    tasks = json.loads(headrace("worklist", "--dir", str(shop), "--json"))
    assert tasks
    listed = rows(pages, "/collections?table=worklist")
    assert [(row["Account"].split("/")[2], row["Score"]) for row in listed] == [
        (row["account_id"], str(row["score"])) for row in tasks
    ]
    # What the figures of a task are as of: the last time that the rules looked at it.
    sql = (
        "SELECT toString(max(event_time)) AS t FROM decisions WHERE account_id = '{}' AND reference_id = '{}' "
        "AND kind IN ('task_opened', 'escalated')"
    )
    first = tasks[0]
    [stated] = json.loads(
        headrace("query", "--dir", str(shop), sql.format(first["account_id"], first["task_id"]), "--format", "json")
    )
    assert listed[0]["As of"] == stated["t"][:16]
    owner = tasks[0]["owner"]
    assert {row["Owner"] for row in rows(pages, f"/collections?owner={owner}&table=worklist")} == {owner}
    asked = json.loads(headrace("approvals", "--dir", str(shop), "--json"))
    assert [row["Request"] for row in rows(pages, "/exceptions?table=approvals")] == [
        row["approval_id"] for row in asked
    ]


def test_expected_cash_is_that_of_the_forecast(pages: httpx.Client, shop: Path) -> None:
    said = {
        each["currency"]: each
        for each in json.loads(headrace("forecast", "--dir", str(shop), "--days", "56", "--json"))
    }
    for code in ("USD", "EUR"):
        weeks = rows(pages, f"/forecast?currency={code}&table=weeks")
        assert sum(Decimal(row["Expected"]) for row in weeks) == Decimal(said[code]["expected"])
        assert weeks[-1]["So far"] == said[code]["expected"]
        assert {
            row["Account"]: row["Expected"] for row in rows(pages, f"/forecast?currency={code}&table=accounts")
        } == {each["account"]: each["expected"] for each in said[code]["accounts"]}


def test_disputes_promises_and_receipts_are_counted_as_in_the_views(pages: httpx.Client, shop: Path) -> None:
    def asked(sql: str) -> list[dict[str, Any]]:
        return list(json.loads(headrace("query", "--dir", str(shop), sql, "--format", "json")))

    disputes = asked("SELECT dispute_id FROM disputes WHERE status != 'closed' AND currency = 'USD'")
    assert sorted(row["Dispute"] for row in rows(pages, "/disputes?currency=USD&table=disputes")) == sorted(
        row["dispute_id"] for row in disputes
    )
    # What was sent on wholly is a receipt where it came.
    [receipts] = asked(
        "SELECT count() AS n FROM receipts WHERE currency = 'USD' AND NOT startsWith(account_id, '~') AND received != 0"
    )
    months = rows(pages, "/cash-application?currency=USD&table=months")
    assert sum(int(row["Receipts"]) for row in months) == receipts["n"] > 10
    for row in months:
        parts = (row["Straight through"], row["Cleared with a person"], row["Not cleared"])
        assert sum(int(part) for part in parts) == int(row["Receipts"])
    [made] = asked("SELECT count() AS n FROM promises WHERE currency = 'USD'")
    assert sum(int(row["Promises"]) for row in rows(pages, "/promises?currency=USD&table=states")) == made["n"]
    [came] = asked(
        "SELECT sumIf(amount, kind = 'receipt_booked' AND rule = 'receipt') AS booked, sumIf(amount, kind = 'cash_transferred' "
        "AND rule = 'transfer.out') - sumIf(amount, kind = 'receipt_booked' AND rule IN ('transfer.in', 'transfer.returned')) AS "
        "in_transit FROM decisions WHERE currency = 'USD'"
    )
    weeks = rows(pages, "/cash?currency=USD&table=weeks")
    assert sum(Decimal(row["Received"] or 0) for row in weeks) * 100 == came["booked"] - came["in_transit"]


def test_reminders_are_those_of_the_currency(pages: httpx.Client, shop: Path) -> None:
    sql = "SELECT currency, sum(reminders) AS sent, sum(suppressed) AS held FROM kpi_reminders GROUP BY currency ORDER BY 1"
    said = json.loads(headrace("query", "--dir", str(shop), sql, "--format", "json"))
    assert len({(row["sent"], row["held"]) for row in said}) == len(said) >= 3
    for row in said:
        levels = rows(pages, f"/collections?currency={row['currency']}&table=reminders")
        assert sum(int(level["Sent"]) for level in levels) == row["sent"]
        assert sum(int(level["Not sent"]) for level in levels) == row["held"]
        # Each that was not sent has at least one reason.
        why = rows(pages, f"/collections?currency={row['currency']}&table=suppressed")
        assert sum(int(reason["Times"]) for reason in why) >= row["held"]
        assert f"of documents in {row['currency']}, in the period" in page(
            pages, f"/collections?currency={row['currency']}"
        )


def test_a_page_beyond_the_last_one_changes_no_headline(pages: httpx.Client) -> None:
    first, beyond = (page(pages, f"/aging?currency=USD&page={at}") for at in (1, 999))
    counted = [shown.split('<section class="headlines"')[1].split("</section>")[0] for shown in (first, beyond)]
    assert counted[0] == counted[1]
    assert "items" in counted[0]
    assert tables_of(first)["Open items by age"] == tables_of(beyond)["Open items by age"]
    assert "There is no page 999." in beyond


def test_what_is_expected_later_adds_up_over_accounts(pages: httpx.Client, shop: Path) -> None:
    said = {
        each["currency"]: each
        for each in json.loads(headrace("forecast", "--dir", str(shop), "--days", "56", "--json"))
    }
    sums = []
    for code, each in said.items():
        listed = rows(pages, f"/forecast?currency={code}&table=accounts")
        found = tuple(sum(Decimal(row[name]) for row in listed) for name in ("Later", "Without an answer"))
        assert found == (Decimal(each["later"]), Decimal(each["given_up"]) + Decimal(each["unanswered"]))
        sums += [found]
    assert [max(column) > 0 for column in zip(*sums, strict=True)] == [True, True]


def test_why_is_told_in_the_words_of_the_command(pages: httpx.Client, shop: Path) -> None:
    [found] = json.loads(
        headrace(
            "query",
            "--dir",
            str(shop),
            "SELECT id FROM decisions WHERE kind = 'reminder_suppressed' ORDER BY id LIMIT 1",
            "--format",
            "json",
        )
    )
    said = json.loads(headrace("why", "--dir", str(shop), found["id"], "--json"))
    plain = html.unescape(page(pages, f"/why/{found['id']}"))
    for line in (said["words"], said["rule"], *said["reasons"], *said["policy"]["lines"], said["cause"]["title"]):
        assert line in plain
    for each in said["followed"]:
        assert f'href="/why/{each["id"]}"' in plain


def test_what_an_item_waits_for(pages: httpx.Client, shop: Path) -> None:
    asked = "SELECT tenant, entity, account_id, document FROM open_items WHERE item_kind = 'invoice' ORDER BY document LIMIT 1"
    [item] = json.loads(headrace("query", "--dir", str(shop), asked, "--format", "json"))
    [said] = json.loads(
        headrace("why", "--dir", str(shop), "--item", item["document"], "--account", item["account_id"], "--json")
    )
    query = {"tenant": item["tenant"], "of": item["entity"], "account": item["account_id"], "item": item["document"]}
    answer = pages.get("/waits", params=query)
    assert answer.status_code == 200
    for line in (*said["stands"], *said["holds"], said["clock"]):
        assert line in html.unescape(answer.text)


def test_operations_tell_how_far_the_flows_are(pages: httpx.Client, shop: Path) -> None:
    shards = rows(pages, "/operations?table=shards")
    [counted] = json.loads(
        headrace("query", "--dir", str(shop), "SELECT count() AS n FROM decisions", "--format", "json")
    )
    assert sum(int(row["Decisions"]) for row in shards) == sum(int(row["Published"]) for row in shards) == counted["n"]
    assert all(row[name] == "0" for row in shards for name in ("Not decided", "Not published", "Not forwarded"))
    rejected = [line for line in headrace("rejected", "--dir", str(shop)).splitlines() if not line.startswith(" ")]
    assert sum(int(row["Facts"]) for row in rows(pages, "/operations?table=rejected")) == len(rejected)


def test_an_account_is_found_by_number_and_by_name(pages: httpx.Client, shop: Path) -> None:
    [who] = json.loads(
        headrace(
            "query",
            "--dir",
            str(shop),
            "SELECT account_id, name FROM accounts WHERE name != '' ORDER BY account_id LIMIT 1",
            "--format",
            "json",
        )
    )
    for search in (who["account_id"].lower(), who["name"][2:].upper()):
        found = rows(pages, f"/accounts?table=accounts&search={search}")
        assert who["account_id"] in [row["Account"].split("/")[2] for row in found]
    assert rows(pages, "/accounts?table=accounts&search=nobody-has-that") == []


def test_what_is_typed_in_stays_text(pages: httpx.Client) -> None:
    nasty = "\"><script>alert('x')</script>"
    for answer in (
        pages.get("/accounts", params={"search": nasty}),
        pages.get("/", params={"entity": nasty}),
        pages.get("/waits", params={"tenant": nasty, "of": nasty, "account": nasty, "item": nasty}),
        pages.get(f"/account/t/e/{nasty}"),
        pages.get(f"/why/{nasty}"),
    ):
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/?as_of=2026-02-30", 400, "as_of=2026-02-30: write a day as YYYY-MM-DD"),
        ("/?as_of=0001-01-01", 400, "as_of=0001-01-01: must be a day from 1970-01-01 to 2199-12-31"),
        ("/forecast?as_of=9999-12-31", 400, "as_of=9999-12-31: must be a day from 1970-01-01 to 2199-12-31"),
        ("/?currency=XXX", 400, "currency=XXX: there is none of that name"),
        ("/?asof=2026-02-03", 400, "asof=2026-02-03: there is no such name; there are as_of, currency, entity"),
        ("/aging?tenant=t", 400, "tenant=t: there is no such name"),
        ("/?currency=USD&currency=EUR", 400, "currency is said twice, as USD and EUR: say it once"),
        ("/waits?tenant=t&off=e", 400, "off=e: there is no such name"),
        ("/?owner=nobody", 400, "owner=nobody: there is none of that name"),
        ("/aging?page=0", 400, "page=0: must be a whole number from 1 to 4000"),
        (f"/aging?page={'9' * 5000}", 400, "must be a whole number from 1 to 4000"),
        ("/aging?period=1e3", 400, "period=1e3: must be a whole number from 1 to 24"),
        ("/aging?table=secrets", 400, "table=secrets: there is none of that name here"),
        ("/why/0-99999999", 404, "0-99999999: there is no such decision"),
        ("/why/9999-0", 404, "9999-0: there is no such decision"),
        ("/account/t/e/NOBODY", 404, "t/e/NOBODY: nothing was decided about an account of that name"),
        ("/waits?tenant=t&of=e&account=A&item=X", 404, "X: t/e/A has nothing of that number"),
        ("/nothing", 404, "/nothing"),
        ("/static/000000000000/app.css", 404, "there is no such file"),
    ],
)
def test_what_an_address_cannot_mean_is_said(pages: httpx.Client, address: str, status: int, says: str) -> None:
    answer = pages.get(address)
    assert answer.status_code == status
    assert says in answer.text


@pytest.mark.parametrize("path", ["/", "/cash", "/forecast", "/dso", "/aging"])
@pytest.mark.parametrize("day", ["1970-01-01", "2199-12-31"])
def test_the_first_and_the_last_day_have_pages(pages: httpx.Client, path: str, day: str) -> None:
    assert f'value="{day}"' in page(pages, f"{path}?as_of={day}&period=24")


def test_browsers_are_told_to_be_strict(pages: httpx.Client) -> None:
    for address in ("/", "/nothing", "/aging?table=buckets", "/version"):
        headers = pages.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    shown = page(pages, "/")
    assert "<script>" not in shown
    assert " style=" not in shown
    assert "http://" not in shown.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in shown


def test_pages_only_read_and_answer_to_their_own_name_only(pages: httpx.Client) -> None:
    assert pages.post("/").status_code == 405
    assert pages.delete("/aging").status_code == 405
    assert pages.get("/", headers={"host": "elsewhere.example"}).status_code == 400
    assert pages.get("/", headers={"host": "localhost:1"}).status_code == 200


def test_a_publisher_gets_its_turn_while_pages_are_asked_for(pages: httpx.Client, shop: Path) -> None:
    publishing = subprocess.Popen(
        command("run", "publish", "--sink", "clickhouse", "--until-idle", "--dir", str(shop)),
        cwd=ROOT,
        env=environment(),
    )
    asked = 0
    while publishing.poll() is None:
        assert pages.get(f"/accounts?search={asked}").status_code == 200
        asked += 1
    assert publishing.returncode == 0
    assert asked > 0


def test_an_installation_without_decisions_says_so(tmp_path: Path) -> None:
    headrace("run", "intake", "--until-idle", "--replay", "--dir", str(tmp_path))
    with served(tmp_path) as address:
        answer = httpx.get(address, timeout=60)
    assert answer.status_code == 200
    assert "Nothing is published yet" in answer.text
