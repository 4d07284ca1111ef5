"""A real Kafka broker on this machine, for tests and benchmarks: one KRaft node on 127.0.0.1.

It needs Java 17 or later, and once Maven, which brings the broker's jars (45 MB) into a cache:
~/.cache/headrace, or where HEADRACE_CACHE says. By itself: `python -m benchmarks.local_kafka`.
"""

import base64
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

KAFKA_VERSION: Final = "4.3.1"
SLF4J_VERSION: Final = "1.7.36"
HEAP: Final = "512m"
START_SECONDS: Final = 60.0

_POM: Final = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>headrace</groupId>
  <artifactId>local-kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>{SLF4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""

# One node must be content with itself, or consumer groups and transactions hang. The short session
# lets a broker that was killed come back at once: with the default it is refused for 17 s.
_CONFIG: Final = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


class NoLocalKafka(Exception):
    """A broker, or another server in Java, cannot run here; the message says what is missing."""


def jars() -> Path:
    """The directory of the broker's jars, fetched through Maven when they are not there. Raises NoLocalKafka."""
    return fetched(f"kafka-{KAFKA_VERSION}", _POM)


def fetched(name: str, pom: str) -> Path:
    """The directory `name` of the cache with what the project `pom` depends on, fetched through Maven when it is not
    there. Raises NoLocalKafka."""
    cache = Path(os.environ.get("HEADRACE_CACHE") or Path.home() / ".cache" / "headrace")
    there = cache / name
    if there.is_dir():
        return there
    maven = shutil.which("mvn")
    if maven is None:
        raise NoLocalKafka(f"Maven (mvn) is not installed and there is no {there}; install maven")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as work:
        Path(work, "pom.xml").write_text(pom)
        copied = Path(work, "jars")
        command = [maven, "-q", "-B", "-f", f"{work}/pom.xml"]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={copied}"]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not copied.is_dir():
            raise NoLocalKafka(f"Maven could not fetch {name}: {done.stdout.strip()[-1000:]}")
        try:
            copied.rename(there)
        except OSError:
            # Another process was first; a rename onto a full directory fails.
            if not there.is_dir():
                raise
    return there


def java() -> str:
    """The path of Java. Raises NoLocalKafka."""
    found = shutil.which("java")
    if found is None:
        raise NoLocalKafka("Java is not installed; install a Java runtime, 17 or later")
    return found


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _cluster_id() -> str:
    """A random id as Kafka writes them: 16 bytes in 22 characters of URL-safe base 64."""
    return base64.urlsafe_b64encode(b"h" + os.urandom(15)).decode().rstrip("=")


def die_with_parent() -> None:
    """On Linux a broker ends with the thread that started it, also when that is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG


class LocalKafka:
    """A broker with its own data, from `with` to its end; the data goes with it unless `directory` is given."""

    def __init__(self, directory: Path | None = None) -> None:
        """Raises NoLocalKafka where Java, or Maven and the jars, are missing."""
        self._java = java()
        self._jars = jars()
        self._own = tempfile.TemporaryDirectory(prefix="headrace-kafka-") if directory is None else None
        self._directory = Path(self._own.name) if self._own is not None else directory or Path()
        self._port, self._controller = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients; the same after `stop` and `start`."""
        return f"127.0.0.1:{self._port}"

    @property
    def log_file(self) -> Path:
        """What the broker prints."""
        return self._directory / "broker.log"

    def __enter__(self) -> Self:
        try:
            self._format()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _command(self, main: str) -> list[str]:
        return [self._java, f"-Xmx{HEAP}", f"-Xms{HEAP}", "-XX:+UseSerialGC", "-cp", f"{self._jars}/*", main]

    def _format(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        config = self._directory / "server.properties"
        config.write_text(
            _CONFIG.format(port=self._port, controller=self._controller, data=self._directory.absolute() / "data")
        )
        done = subprocess.run(
            [
                *self._command("kafka.tools.StorageTool"),
                *("format", "--ignore-formatted", "--config", str(config), "--cluster-id", _cluster_id()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise NoLocalKafka(f"the broker's storage could not be formatted: {done.stdout.strip()[-1000:]}")

    def start(self) -> None:
        """Start the broker on its data and wait until it answers. Raises NoLocalKafka with the end of its log."""
        assert self._process is None, "already running"
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._command("kafka.Kafka"), str(self._directory / "server.properties")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )
        give_up = time.monotonic() + START_SECONDS
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200})
        while True:
            try:
                if client.list_topics(timeout=1).brokers:
                    return
            except KafkaException:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    self.stop()
                    end = self.log_file.read_text(errors="replace")[-2000:]
                    raise NoLocalKafka(f"the broker does not come up; the end of its log:\n{end}") from None

    def stop(self) -> None:
        """Kill the broker (SIGKILL); its data stays for `start`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let the broker stand still with its connections open, until `thaw` or `stop`.

        Returns when all its threads do: on a busy machine some go on for milliseconds after the signal, and confirm records.
        """
        assert self._process is not None, "not running"
        self._process.send_signal(signal.SIGSTOP)
        while any(_state(task) not in "TZX" for task in Path(f"/proc/{self._process.pid}/task").iterdir()):
            time.sleep(0.001)

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        assert self._process is not None, "not running"
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop it, and delete its data where no directory was given."""
        self.stop()
        if self._own is not None:
            self._own.cleanup()


def _state(task: Path) -> str:
    """The letter of a thread's state in proc(5); X where it is gone."""
    try:
        return (task / "stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def main() -> None:
    """Run a broker until interrupted; its address goes to stdout."""
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    with LocalKafka() as broker:
        print(broker.bootstrap, flush=True)
        signal.pause()


if __name__ == "__main__":
    try:
        main()
    except NoLocalKafka as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
