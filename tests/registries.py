"""Schema registries for tests: `real_registry` is the address of a real one, `RegistryServer` one that misbehaves when told.

The real one is Apicurio, whose releases lie where Maven finds them; it has Confluent's API under /apis/ccompat/v7.
"""

import base64
import copy
import json
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from benchmarks.local_kafka import NoLocalKafka, die_with_parent, fetched, free_ports, java
from connectors.registry.client import CONTENT_TYPE, RegistryAway, SchemaRegistry
from schemas.generate import evolution_findings

# The last release that runs on Java 17 and that Maven finds whole.
VERSION = "2.6.13.Final"
START_SECONDS = 60.0
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>headrace</groupId>
  <artifactId>local-registry</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.apicurio</groupId>
      <artifactId>apicurio-registry-app</artifactId>
      <version>{VERSION}</version>
      <type>tar.gz</type>
      <classifier>all</classifier>
      <exclusions>
        <exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
"""


class LocalRegistry:
    """Apicurio with an empty store in memory, from `with` to its end. Raises NoLocalKafka where it cannot run."""

    def __enter__(self) -> Self:
        (archive,) = fetched(f"apicurio-registry-{VERSION}", _POM).glob("*.tar.gz")
        self._work = tempfile.TemporaryDirectory(prefix="headrace-registry-")
        with tarfile.open(archive) as packed:
            packed.extractall(self._work.name, filter="data")
        (jar,) = Path(self._work.name).glob("*-runner.jar")
        (port,) = free_ports(1)
        command = [java(), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        command += ["-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}", "-jar", str(jar)]
        log = Path(self._work.name, "registry.log")
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=die_with_parent
            )
        self.url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
        give_up = time.monotonic() + START_SECONDS
        registry = SchemaRegistry(self.url)
        while True:
            try:
                registry.check()
            except RegistryAway:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    end = log.read_text(errors="replace")[-2000:]
                    self.__exit__()
                    raise NoLocalKafka(f"the registry does not come up; the end of its log:\n{end}") from None
                time.sleep(0.2)
            else:
                return self

    def __exit__(self, *failure: object) -> None:
        self._process.kill()
        self._process.wait()
        self._work.cleanup()


@pytest.fixture(scope="session")
def real_registry() -> Iterator[str]:
    """The address of a real registry: HEADRACE_TEST_SCHEMA_REGISTRY, or of one started for this run."""
    with ExitStack() as stack:
        url = os.environ.get("HEADRACE_TEST_SCHEMA_REGISTRY", "")
        if not url:
            try:
                url = stack.enter_context(LocalRegistry()).url
            except NoLocalKafka as missing:
                pytest.skip(f"no schema registry: {missing}")
        yield url


class RegistryServer:
    """Confluent's API over HTTP, its paths, answers and error codes; what it answers instead is set by a test.

    `login` is user:password, where it wants one. `trouble` is a status that every request gets, or "slow",
    "garbage", "endless". `asked` are the requests in order, such as "GET /schemas/ids/7".
    """

    def __init__(self, login: str = "") -> None:
        self.login = login
        self.trouble: int | str = 0
        self.asked: list[str] = []
        # By id, and by subject the ids of its versions.
        self.schemas: dict[int, dict[str, Any]] = {}
        self.subjects: dict[str, list[int]] = {}
        self.levels: dict[str, str] = {}
        self.closing = threading.Event()
        (self.port,) = free_ports(1)
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://{self.login}{'@' if self.login else ''}127.0.0.1:{self.port}"

    def start(self) -> None:
        self.closing.clear()
        owner = self

        class Handler(_Handler):
            registry = owner

        self._server = _Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more, and nobody answers who was connected; what it knows stays."""
        if self._server is not None:
            self.closing.set()
            self._server.shutdown()
            self._server.hang_up()
            self._server.server_close()
            self._server = None

    def add(self, schema: dict[str, Any] | str, **more: Any) -> int:
        """A schema with an id of its own, under no subject; `more` are parts of the answer such as schemaType."""
        number = max(self.schemas, default=0) + 1
        self.schemas[number] = {"schema": schema if isinstance(schema, str) else json.dumps(schema)} | more
        return number

    def answer(self, method: str, path: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        """Status and body, for a path in its parts."""
        match method, path:
            case "GET", ["schemas", "types"]:
                return 200, ["JSON", "PROTOBUF", "AVRO"]
            case "GET", ["schemas", "ids", number]:
                found = self.schemas.get(int(number))
                return (200, found) if found else (404, error(40403, f"Schema {number} not found"))
            case "POST", ["subjects", subject]:
                return self._look_up(subject, body["schema"])
            case "POST", ["subjects", subject, "versions"]:
                return self._register(subject, body["schema"])
            case "GET", ["config", subject]:
                level = self.levels.get(subject)
                missing = error(40408, f"Subject '{subject}' does not have subject-level compatibility configured")
                return (200, {"compatibilityLevel": level}) if level else (404, missing)
            case "PUT", ["config", subject]:
                self.levels[subject] = body["compatibility"]
                return 200, {"compatibility": body["compatibility"]}
        return 404, error(404, "HTTP 404 Not Found")

    def _look_up(self, subject: str, text: str) -> tuple[int, Any]:
        versions = self.subjects.get(subject)
        if versions is None:
            return 404, error(40401, f"Subject '{subject}' not found.")
        for version, number in enumerate(versions, 1):
            if json.loads(self.schemas[number]["schema"]) == json.loads(text):
                return 200, {"subject": subject, "id": number, "version": version, "schema": text}
        return 404, error(40403, "Schema not found")

    def _register(self, subject: str, text: str) -> tuple[int, Any]:
        status, found = self._look_up(subject, text)
        if status == 200:
            return 200, {"id": found["id"]}
        new = json.loads(text)
        versions = self.subjects.setdefault(subject, [])
        if versions and self.levels.get(subject, "BACKWARD") == "BACKWARD":
            findings = evolution_findings(json.loads(self.schemas[versions[-1]]["schema"]), copy.deepcopy(new))
            if findings:
                why = "Schema being registered is incompatible with an earlier schema for subject"
                return 409, error(409, f'{why} "{subject}", details: {findings}')
        versions.append(self.add(text))
        return 200, {"id": versions[-1]}


def error(code: int, message: str) -> dict[str, Any]:
    return {"error_code": code, "message": message}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up in the middle is what some tests are about.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    registry: RegistryServer
    protocol_version = "HTTP/1.1"
    # Head and body leave together, or the second waits 40 ms for the first to be acknowledged.
    wbufsize = 1 << 16

    def _serve(self) -> None:
        registry = self.registry
        registry.asked.append(f"{self.command} {self.path}")
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else {}
        wanted = "Basic " + base64.b64encode(registry.login.encode()).decode()
        if registry.login and self.headers.get("Authorization") != wanted:
            self._say(401, json.dumps(error(401, "Unauthorized")).encode())
        elif registry.trouble == "slow":
            registry.closing.wait(5)
            self.close_connection = True
        elif registry.trouble == "garbage":
            self._say(200, b"<html>Sign in to the network</html>")
        elif registry.trouble == "endless":
            self._say(200, b'{"schema": "' + b" " * (2 << 20) + b'"}')
        elif registry.trouble:
            self._say(int(registry.trouble), json.dumps(error(50001, "Error in the backend data store")).encode())
        else:
            status, found = registry.answer(self.command, self.path.strip("/").split("/"), body)
            self._say(status, json.dumps(found).encode())

    do_GET = do_POST = do_PUT = _serve

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def registry_server() -> Iterator[RegistryServer]:
    server = RegistryServer()
    yield server
    server.stop()
