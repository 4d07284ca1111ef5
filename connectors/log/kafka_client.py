"""What the Kafka reader, writer and log share: settings of the client, its errors in our terms, and whether brokers answer."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from connectors.log.base import Fenced, LogRefused, LogUnavailable, OtherLog

# Calls without a timeout of their own (creating a topic, offsets, positions) give up after this long.
CALL_SECONDS: Final = 10.0
# A reader that heard nothing for this long asks whether the broker still answers.
QUIET_SECONDS: Final = 3.0
PROBE_SECONDS: Final = 3.0
# Records that wait this long for their confirmation are reported, also when brokers answer.
STALLED_SECONDS: Final = 10.0

_FENCED: Final = frozenset((KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH))
_OTHER_LOG: Final = frozenset(
    (KafkaError._AUTO_OFFSET_RESET, KafkaError._LOG_TRUNCATION, KafkaError.OFFSET_OUT_OF_RANGE)
)
_AWAY: Final = frozenset(
    (
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._RESOLVE,
        KafkaError._WAIT_COORD,
        KafkaError._NOENT,  # no leader of a partition is known just now
        KafkaError._DESTROY_BROKER,
        KafkaError._NODE_UPDATE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_CONTROLLER,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
    )
)

Answer = TypeVar("Answer")


def settings(bootstrap: str, **more: str | int | bool | Callable[[KafkaError], None]) -> dict[str, Any]:
    """Settings of every client; in `more` an underscore stands for a dot."""
    common: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        # Back within half a second of the broker, instead of ten.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.keepalive.enable": True,
        "allow.auto.create.topics": False,
        # What fails is raised or in status(); the client's own lines on stderr would repeat it many times.
        "log_level": 0,
    }
    return (
        common
        | {name.replace("_", "."): value for name, value in more.items() if name != "error_cb"}
        | ({"error_cb": more["error_cb"]} if "error_cb" in more else {})
    )


def is_away(error: KafkaError) -> bool:
    """Whether time alone may heal it."""
    return error.code() in _AWAY or error.retriable()


def failure(where: str, error: KafkaError) -> LogUnavailable | LogRefused:
    """The client's error in our terms."""
    said = f"{where}: {error.str()} ({error.name()})"
    if error.code() in _FENCED:
        return Fenced(f"{said}: another writer has taken over; stop this process")
    if error.code() in _OTHER_LOG:
        return OtherLog(
            f"{said}: the next offset is not there: records were deleted, or this is not the log the position "
            "came from; put the right log back, or start from an empty state"
        )
    if is_away(error):
        return LogUnavailable(said)
    return LogRefused(said)


def answer_of(where: str, future: "Future[Answer]", timeout_seconds: float = CALL_SECONDS) -> Answer:
    """The result of an administrative call. Raises LogUnavailable or LogRefused."""
    try:
        return future.result(timeout_seconds)
    except KafkaException as error:
        raise failure(where, error.args[0]) from error
    except FutureTimeout:
        raise LogUnavailable(f"{where}: no answer for {timeout_seconds:g} s") from None


def patiently(call: Callable[[], Answer]) -> Answer:
    """Call again while it raises LogUnavailable, up to CALL_SECONDS: leaders and coordinators move when brokers start."""
    give_up = time.monotonic() + CALL_SECONDS
    while True:
        try:
            return call()
        except LogUnavailable:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)


class Health:
    """Whether the brokers answer, as far as one client can tell without waiting.

    The client reports that a connection was lost, and never that it is well again; a broker that
    stands still is not reported at all. So after trouble, and after silence, a small question is
    sent in the background and its answer decides.
    """

    def __init__(self, where: str, admin: AdminClient) -> None:
        self._where = where
        self._admin = admin
        self._trouble = ""
        self._fatal: LogRefused | None = None
        self._heard = time.monotonic()
        self._probe: Future[Any] | None = None

    def on_error(self, error: KafkaError) -> None:
        """For the client's error_cb; called inside its poll."""
        if error.fatal() or error.code() == KafkaError._FATAL:
            found = failure(self._where, error)
            self._fatal = found if isinstance(found, LogRefused) else LogRefused(f"{found}; start again")
        else:
            self._trouble = f"{error.str()} ({error.name()})"

    def heard(self) -> None:
        """Something came from the broker just now."""
        self._trouble = ""
        self._heard = time.monotonic()
        self._probe = None

    def check(self) -> None:
        """To be called where nothing came. Raises LogUnavailable while brokers do not answer, LogRefused where they refuse."""
        if self._fatal is not None:
            raise self._fatal
        if not self._trouble and time.monotonic() - self._heard < QUIET_SECONDS:
            return
        if self._probe is None:
            self._probe = self._admin.describe_cluster(request_timeout=PROBE_SECONDS)
        elif self._probe.done():
            error = self._probe.exception()
            self._probe = None
            if error is None:
                self.heard()
                return
            self._trouble = str(error)
        if self._trouble:
            raise LogUnavailable(f"{self._where}: away: {self._trouble}")
