"""Documents and letters by the commands, out of an installation that was run; and templates, listed and approved."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from facturx import get_facturx_xml_from_pdf

from connectors.files.ingest import Producer
from headrace.logs import open_installation
from headrace.settings import load
from sinks.delivery.documents.templates import SHIPPED
from tests.facts import DAY, DAY_MS, TODAY, invoice, operator_action
from tests.headrace.test_installation_commands import SETTINGS, call, run_all
from tests.sinks.delivery.papers import LINES, buyer, text_of
from tests.sinks.delivery.test_x12 import read, sets

DELIVERY = """
[[senders]]
tenant = "t1"
entity = "us01"
name = "Küchen & Söhne GmbH"
street = "Hafenstraße 1"
postcode = "20457"
city = "Hamburg"
country = "DE"
tax_number = "DE123456788"
edi_id = "ZZ:SELLER01"

[[taxes]]
code = "S1"
category = "S"
rate = "7"

[[taxes]]
code = "S19"
category = "S"
rate = "19"

[[edi_partners]]
tenant = "t1"
entity = "us01"
account = "A-1"
edi_id = "01:123456789"
"""
BILL = {
    "currency": "EUR",
    "amount": 13_878,
    "tax": 2_115,
    "lines": LINES,
    "document_date": DAY - 30,
    "due_date": DAY - 2,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invoice that was due and reminded of, and a statement."""
    directory = tmp_path_factory.mktemp("render") / "d"
    directory.mkdir()
    policy = directory.parent / "policy.toml"
    policy.write_text('version = 1\n[statements]\nchannels = ["email"]\n')
    published = call("policy", "publish", policy, "--dir", directory, "--actor", "kim")
    assert published.exit_code == 0, published.output
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        log = open_installation(load(directory, None))
        producer = Producer(log, "test", lambda: False)
        producer.send(buyer(event_time=TODAY - 30 * DAY_MS))
        producer.send(invoice(event_id="i1", document="RE/1", event_time=TODAY - 30 * DAY_MS, **BILL))
        producer.send(operator_action(event_id="o1", action="request_statement", event_time=TODAY + DAY_MS))
        # What comes later moves the clock.
        producer.send(buyer(event_id="later", account_id="A-9", event_time=TODAY + 3 * DAY_MS))
        producer.flush()
        producer.close()
        log.close()
    done = run_all(directory)
    assert done.returncode == 0, done.stderr
    folder = directory / "delivery"
    folder.mkdir()
    (folder / "delivery.toml").write_text(DELIVERY)
    return directory


def test_an_invoice_in_each_form(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("render", "RE/1", "--dir", made)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("RE-1.pdf: ")
    assert "Rechnungsbetrag 138,78 €" in text_of((tmp_path / "RE-1.pdf").read_bytes())
    assert "template de/invoice is not approved: this would not be sent" in done.stderr
    assert call("render", "RE/1", "--dir", made, "--format", "facturx", "--out", "fx.pdf").exit_code == 0
    assert get_facturx_xml_from_pdf(Path("fx.pdf").read_bytes())[0] == "factur-x.xml"
    assert call("render", "RE/1", "--dir", made, "--format", "ubl").exit_code == 0
    assert b">138.78</cbc:PayableAmount>" in Path("RE-1.xml").read_bytes()
    assert call("render", "RE/1", "--dir", made, "--format", "x12", "--out", "-").exit_code == 0
    assert call("render", "RE/1", "--dir", made, "--format", "x12").exit_code == 0
    rows = read(Path("RE-1.x12").read_bytes())
    assert abs((datetime.now(UTC) - datetime.strptime(f"{rows[1][4]} +0000", "%Y%m%d %z")).days) <= 1
    (one,) = sets(rows)
    assert ["TDS", "13878"] in one


def test_the_last_letter_of_an_account(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "letter.pdf"
    done = call("letter", "A-1", "--dir", made, "--out", out, "--language", "en-GB")
    assert done.exit_code == 0, done.output
    text = text_of(out.read_bytes())
    assert "Payment reminder, account A-1" in text
    assert "RE/1" in text
    assert "Total due (EUR) €138.78" in text
    wrong = call("letter", "A-1", "--dir", made, "--reference", "A-1:1", "--out", out)
    assert (wrong.exit_code, wrong.stderr) == (1, "A-1: there is no letter A-1:1\n")
    assert call("letter", "A-9", "--dir", made).exit_code == 1


def test_the_last_statement_of_an_account(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "statement.pdf"
    done = call("letter", "A-1", "--dir", made, "--statement", "--out", out, "--language", "en-GB")
    assert done.exit_code == 0, done.output
    text = text_of(out.read_bytes())
    assert "Statement of account as of" in text
    assert "Opening balance 0.00 Invoices and charges 138.78" in text
    assert re.search(r"RE/1 .* 3 138\.78 138\.78 Balance \(EUR\) €138\.78", text)
    assert call("letter", "A-9", "--dir", made, "--statement").exit_code == 1


def test_what_is_not_there_is_told(made: Path) -> None:
    gone = call("render", "RE/2", "--dir", made)
    assert (gone.exit_code, gone.stderr) == (1, "RE/2: nothing was decided about it\n")
    assert call("render", "RE/1", "--dir", made, "--format", "docx").exit_code == 2


def test_a_wrong_set_up_names_its_place(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "delivery.toml").write_text('[[taxes]]\ncode = "X"\ncategory = "Q"\nrate = "19 %"\n')
    wrong = call("templates", "list", "--folder", folder)
    assert wrong.exit_code == 2
    assert "taxes 1.category = 'Q': Input should be 'S', 'Z'" in wrong.stderr
    assert "taxes 1.rate = '19 %': must be percent, such as 19 or 8.875" in wrong.stderr


def test_what_is_approved_is_so_until_it_is_changed(tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    own = folder / "templates" / "nl"
    own.mkdir(parents=True)
    labels = (SHIPPED / "en" / "labels.toml").read_text()
    (own / "labels.toml").write_text('invoice = "Factuur"\n')
    words = "{% block subject %}Factuur{% endblock %}{% block opening %}{% endblock %}{% block closing %}{% endblock %}"
    (own / "invoice.txt").write_text(words)

    def standing(name: str) -> str:
        listed = call("templates", "list", "--folder", folder).stdout
        (line,) = [line for line in listed.splitlines() if f" {name} " in line]
        return line.split("│")[3].strip()

    assert standing("nl/invoice") == "no"
    assert call("templates", "approve", "nl/invoice", "--by", " ", "--folder", folder).exit_code == 2
    short = call("templates", "approve", "nl/invoice", "--by", "kim", "--folder", folder)
    assert short.exit_code == 1
    assert short.stderr.startswith("labels.toml of nl has no about, account, amount, ")
    (own / "labels.toml").write_text(labels)
    assert call("templates", "approve", "nl/invoice", "de/reminder", "--by", "kim", "--folder", folder).exit_code == 0
    assert (standing("nl/invoice"), standing("de/reminder"), standing("en/reminder")) == ("yes", "yes", "no")
    entry = tomllib.loads((folder / "approved.toml").read_text())["nl/invoice"]
    assert (entry["by"], len(entry["sha256"])) == ("kim", 64)
    (own / "invoice.txt").write_text(words.replace("Factuur", "Factuur!"))
    assert standing("nl/invoice") == "changed since"
    (own / "labels.toml").write_text(labels.replace("Invoice", "Rekening"))
    (own / "invoice.txt").write_text(words)
    assert standing("nl/invoice") == "changed since"
    assert call("templates", "show", "nl/invoice", "--folder", folder).stdout == words
    (own / "invoice.txt").write_text("{% block subject %}x{% endblock %}")
    lacking = call("templates", "approve", "nl/invoice", "--by", "kim", "--folder", folder)
    assert (lacking.exit_code, lacking.stderr) == (1, "template nl/invoice has no block opening, closing\n")
    (own / "invoice.txt").write_text("{% block subject %}x")
    assert call("templates", "approve", "nl/invoice", "--by", "kim", "--folder", folder).exit_code == 1
    assert call("templates", "show", "nl/none", "--folder", folder).exit_code == 1
    (own / "labels.toml").write_text("no = toml = at all")
    assert standing("nl/invoice").startswith("no: ")
    assert call("templates", "show", "nl/invoice", "--folder", folder).exit_code == 1
