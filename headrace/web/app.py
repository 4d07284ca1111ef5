"""The web application: addresses, headers, failures. Every page is read only, and nothing in it comes from elsewhere."""

import csv
import hashlib
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.log.base import LogRefused, LogUnavailable
from headrace.settings import Settings, WrongSettings
from headrace.web.asking import Asked, NotThere, Page, all_rows, what_is_known
from headrace.web.figures import Chart, Table
from headrace.web.filters import PERIODS, BadAddress, read_filters
from headrace.web.pages.accounts import account, accounts
from headrace.web.pages.aging import aging
from headrace.web.pages.cash import cash, cash_application, forecast
from headrace.web.pages.claims import disputes, promises
from headrace.web.pages.operations import operations
from headrace.web.pages.overview import dso, overview
from headrace.web.pages.why import Told, what_waits, why
from headrace.web.pages.work import collections, exceptions
from headrace.web.source import Source
from sinks.base import SinkError

HERE: Final = Path(__file__).parent
# Apache ECharts 5.5.1 as it was released, of which the wheel has a copy; any other file is not served.
ECHARTS_WHEEL: Final = "vizly"
ECHARTS_PATH: Final = "vizly/assets/echarts.min.js"
ECHARTS_SHA256: Final = "e84270bd0cd5bdf60fefc26d00c2a391cb2e81f4d26a7a9ee16185a54773a3cf"
# Rows of a table written as a file; who needs more asks `headrace query`.
MOST_CSV_ROWS: Final = 100_000
# What the address of something that waits says beside what every address may.
_OF_ITEM: Final = ("tenant", "of", "account", "item")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}

# Address, name in the menu, group of the menu, page.
PAGES: Final[tuple[tuple[str, str, str, Callable[[Asked], Page]], ...]] = (
    ("/", "Overview", "Finance", overview),
    ("/cash", "Cash position", "Finance", cash),
    ("/aging", "Aging", "Finance", aging),
    ("/dso", "DSO", "Finance", dso),
    ("/forecast", "Expected cash", "Finance", forecast),
    ("/collections", "Collections", "Work", collections),
    ("/disputes", "Disputes", "Work", disputes),
    ("/promises", "Promises", "Work", promises),
    ("/cash-application", "Cash application", "Work", cash_application),
    ("/exceptions", "Exceptions", "Work", exceptions),
    ("/accounts", "Accounts", "Look up", accounts),
    ("/operations", "Operations", "Look up", operations),
)


class Headers:
    """Puts the headers that make a browser strict on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, sent if scope["type"] == "http" else send)


def read_echarts() -> bytes:
    """The chart library, out of the wheel that carries it. Raises WrongSettings where it is not there or another one."""
    try:
        path = Path(str(distribution(ECHARTS_WHEEL).locate_file(ECHARTS_PATH)))
        found = path.read_bytes()
    except (PackageNotFoundError, FileNotFoundError):
        raise WrongSettings(f"{ECHARTS_PATH} is missing: install what requirements.lock names (make setup)") from None
    if hashlib.sha256(found).hexdigest() != ECHARTS_SHA256:
        raise WrongSettings(f"{path} is not the file that was released: install what requirements.lock names")
    return found


class Assets:
    """Style, scripts and the chart library, by name, each under an address that changes with its contents."""

    def __init__(self) -> None:
        kinds = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
        files = {path.name: path.read_bytes() for path in sorted((HERE / "static").iterdir())}
        files["echarts.min.js"] = read_echarts()
        self._files = {name: (data, kinds[Path(name).suffix]) for name, data in files.items()}
        self._digests = {name: hashlib.sha256(data).hexdigest()[:12] for name, data in files.items()}

    def address(self, name: str) -> str:
        return f"/static/{self._digests[name]}/{name}"

    async def get(self, request: Request) -> Response:
        name = request.path_params["name"]
        if self._digests.get(name) != request.path_params["digest"]:
            return Response("there is no such file\n", 404, media_type="text/plain")
        data, kind = self._files[name]
        return Response(data, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})


class Web:
    """The pages over one installation."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._source = source
        self._settings = settings
        self.assets = Assets()
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.tests["chart"] = lambda shows: isinstance(shows, Chart)
        self._templates.tests["table"] = lambda shows: isinstance(shows, Table)

    def render(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        theme = request.cookies.get("theme", "")
        page = self._templates.get_template(template).render(
            asset=self.assets.address,
            theme=theme if theme in ("light", "dark") else "",
            path=_as_asked(request),
            **values,
        )
        return Response(page, status, media_type="text/html; charset=utf-8")

    def page(self, make: Callable[[Asked], Page]) -> Callable[[Request], Response]:
        """A page, or with ?table=NAME one of its tables as CSV."""
        return self._answering(lambda request, asked: self._show(request, asked, make))

    def account(self, request: Request) -> Response:
        """All of one account."""
        at = request.path_params
        of_one = self._answering(
            lambda request, asked: self._show(
                request, asked, lambda a: account(a, at["tenant"], at["entity"], at["account"])
            )
        )
        return of_one(request)

    def why(self, request: Request) -> Response:
        """Why a decision was made."""
        name = request.path_params["id"]
        return self._answering(lambda request, asked: self._tell(request, asked, why(asked, name)))(request)

    def waits(self, request: Request) -> Response:
        """What something of an account waits for."""
        said = [request.query_params.get(name, "") for name in _OF_ITEM]
        told = self._answering(lambda request, asked: self._tell(request, asked, what_waits(asked, *said)), _OF_ITEM)
        return told(request)

    def _answering(
        self, answer: Callable[[Request, Asked], Response], also: Sequence[str] = ()
    ) -> Callable[[Request], Response]:
        """With the address read, in which names of `also` may be; where nothing is published, a page that says so."""

        def respond(request: Request) -> Response:
            known = what_is_known(self._source, self._settings)
            if known is None:
                return self.render(request, "nothing.html", title="Nothing yet", known=None)
            filters = read_filters(request.query_params.multi_items(), known, also)
            return answer(request, Asked(self._source, filters, known, self._settings))

        return respond

    def _show(self, request: Request, asked: Asked, make: Callable[[Asked], Page]) -> Response:
        if "table" in request.query_params:
            return _csv(make(all_rows(asked, MOST_CSV_ROWS)), request.query_params["table"])
        page = make(asked)
        return self._framed(request, asked, "page.html", page.title, page=page)

    def _tell(self, request: Request, asked: Asked, told: Told) -> Response:
        return self._framed(request, asked, "why.html", told.title, told=told)

    def _framed(self, request: Request, asked: Asked, template: str, title: str, **values: Any) -> Response:
        """With filters, menu and the state of the views around it."""
        return self.render(
            request,
            template,
            title=title,
            filters=asked.filters,
            known=asked.known,
            periods=PERIODS,
            menu=_menu(asked),
            link=asked.link,
            version=self._source.version(),
            **values,
        )

    def version(self, request: Request) -> Response:
        """What a page asks every few seconds, to know whether it is still true."""
        found = self._source.version()
        return JSONResponse({"decisions": found.decisions, "until": found.until})

    async def failed(self, request: Request, error: Exception) -> Response:
        status = 400 if isinstance(error, BadAddress) else 503
        return self.render(
            request,
            "failed.html",
            status,
            title="That did not work" if status == 503 else "The address cannot mean that",
            said=str(error),
            known=None,
        )

    async def missing(self, request: Request, error: Exception) -> Response:
        said = str(error) if isinstance(error, NotThere) else request.url.path
        return self.render(request, "failed.html", 404, title="There is no such page", said=said, known=None)


def _as_asked(request: Request) -> str:
    """The path as it was asked for: once it is read, a slash within a name is no other than one between names."""
    raw: bytes = request.scope.get("raw_path") or quote(request.url.path).encode("ascii")
    return raw.decode("latin-1")


def _menu(asked: Asked) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Groups of (path, name, address), in the order of PAGES."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for path, name, group, _ in PAGES:
        groups.setdefault(group, []).append((path, name, asked.link(path, search="")))
    return list(groups.items())


def _csv(page: Page, name: str) -> Response:
    """A header and rows; numbers without separators, days as YYYY-MM-DD. Raises BadAddress."""
    table = page.tables().get(name)
    if table is None:
        raise BadAddress(f"table={name}: there is none of that name here; there are {', '.join(page.tables())}")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow(
            [
                _harmless(cell.value) if column.kind == "text" else cell.value
                for cell, column in zip(row, table.columns, strict=True)
            ]
        )
    headers = {"Content-Disposition": f'attachment; filename="headrace-{name}.csv"'}
    if table.more:
        headers["X-More-Rows"] = f"only the first {len(table.rows)}"
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _harmless(text: str) -> str:
    """A spreadsheet takes a text that begins so for a formula, and runs it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def make_app(source: Source, settings: Settings, hosts: list[str]) -> Starlette:
    """`hosts`: the names under which the pages may be asked for. Raises WrongSettings where the chart library is not there."""
    web = Web(source, settings)
    routes = [Route(path, web.page(make), name=name) for path, name, _, make in PAGES]
    routes += [
        Route("/account/{tenant}/{entity}/{account:path}", web.account),
        Route("/why/{id}", web.why),
        Route("/waits", web.waits),
    ]
    routes += [Route("/version", web.version), Route("/static/{digest}/{name}", web.assets.get)]
    failures: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        BadAddress: web.failed,
        SinkError: web.failed,
        LogUnavailable: web.failed,
        LogRefused: web.failed,
        NotThere: web.missing,
        404: web.missing,
    }
    middleware = [
        Middleware(Headers),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
        Middleware(GZipMiddleware),
    ]
    return Starlette(routes=routes, middleware=middleware, exception_handlers=dict(failures))
