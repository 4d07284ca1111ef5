"""The tables of a page, read as a reader would: by caption, each cell's value by its column's name."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[dict[str, str]]] = {}
        self._caption: list[str] | None = None
        self._columns: list[str] = []
        self._rows: list[dict[str, str]] = []
        self._values: list[str] = []
        self._in_head = self._in_foot = False
        self._name: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "table":
            self._columns, self._rows = [], []
        elif tag == "caption":
            self._caption = []
        elif tag == "thead":
            self._in_head = True
        elif tag == "tfoot":
            self._in_foot = True
        elif tag == "tr":
            self._values = []
        elif tag == "th" and self._in_head:
            self._name = []
        elif tag in ("th", "td") and "data-value" in said:
            self._values.append(said["data-value"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self._title = "".join(self._caption or []).strip()
            self._caption = None
        elif tag == "thead":
            self._in_head = False
        elif tag == "tfoot":
            self._in_foot = False
        elif tag == "th" and self._in_head and self._name is not None:
            self._columns.append("".join(self._name).strip())
            self._name = None
        elif tag == "tr" and self._values and not self._in_foot:
            self._rows.append(dict(zip(self._columns, self._values, strict=True)))
        elif tag == "table":
            self.tables[self._title] = self._rows

    def handle_data(self, data: str) -> None:
        if self._caption is not None:
            self._caption.append(data)
        if self._name is not None:
            self._name.append(data)


def tables_of(page: str) -> dict[str, list[dict[str, str]]]:
    """Rows by caption."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.tables
