"""Settings: from `--dir D` (embedded), a TOML file (`--config`), and HEADRACE_* in the environment.

An unknown or wrong setting is an error that names it and what it may be, and its value where that is no secret.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from connectors.addresses import host_address
from sinks import wrong_settings
from sinks.erp.sink import LIFE_DAYS as ERP_LIFE_DAYS
from sinks.erp.sink import RETRY_SECONDS as ERP_RETRY_SECONDS
from sinks.webhooks.endpoints import LIFE_HOURS, RETRY_SECONDS, Endpoint, findings

# The settings of an embedded installation, where it has any of its own.
OWN_FILE: Final = "headrace.toml"
# Settings whose value may be told where it is wrong; of addresses, logins and files of secrets none is.
_HARMLESS: Final = frozenset(
    [
        "at_once",
        "base_currency",
        "batch",
        "cache_bytes",
        "catch_up_hours",
        "dir",
        "entities",
        "events",
        "input_partitions",
        "kafka_transactional",
        "life_days",
        "life_hours",
        "log_sync",
        "metrics_host",
        "metrics_port",
        "name",
        "policy_approval",
        "private",
        "retry_seconds",
        "shards",
        "tenants",
        "timezone",
        "topic_prefix",
    ]
)


# Of addresses the schemes that they may have, the usual one first.
_ADDRESSES: Final = {
    "redis": ("redis", "rediss", "unix"),
    "clickhouse": ("http", "https", "clickhouse", "clickhouses", "clickhousedb", "clickhousedbs"),
}


class WrongSettings(ValueError):
    """A setting that is unknown or has a value it may not have. The message names each."""


class Webhook(BaseModel):
    """One endpoint that is told of events; docs/webhooks.md."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(description="What it is called in commands, metrics and logs.")
    url: str = Field(description="Where events go; https.")
    secrets: tuple[str, ...] = Field(repr=False, description="One, or the new one and the old one; each signs.")
    events: tuple[str, ...] = Field(default=(), description="Which ones; all where it is empty.")
    tenants: tuple[str, ...] = Field(default=(), description="Of these; of all where it is empty.")
    entities: tuple[str, ...] = Field(default=(), description="Of these; of all where it is empty.")
    private: bool = Field(default=False, description="Its address may be inside, and http.")
    at_once: int = Field(default=8, ge=1, le=64, description="Attempts at the same time.")
    retry_seconds: tuple[float, ...] = Field(default=RETRY_SECONDS, description="The waits between attempts.")
    life_hours: int = Field(default=LIFE_HOURS, ge=1, le=24 * 31, description="When an event is given up.")

    def endpoint(self) -> Endpoint:
        return Endpoint(**self.model_dump())

    @model_validator(mode="after")
    def _checked(self) -> "Webhook":
        found = findings(self.endpoint())
        if found:
            raise ValueError("; ".join(found))
        return self


class ErpSettings(BaseModel):
    """One ERP that decisions are written back to; docs/erp.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="What it is called in commands and metrics.")
    url: str = Field(description="Where it is; https, or http inside. Without a login.")
    mapping: Path = Field(description="Its mapping; a path that is not absolute begins at dir.")
    secret_env: str = Field(default="", description="The environment variable that holds its secret.")
    secret_file: Path | None = Field(default=None, description="Or the file that does.")
    tenants: tuple[str, ...] = Field(default=(), description="Of these; of all where it is empty.")
    entities: tuple[str, ...] = Field(default=(), description="Of these; of all where it is empty.")
    batch: tuple[str, ...] = Field(
        default=(), description="Times of the day, HH:MM, at which it is posted to; at once."
    )
    timezone: str = Field(default="UTC", description="Of batch.")
    at_once: int = Field(default=4, ge=1, le=64, description="Postings at the same time.")
    retry_seconds: tuple[Annotated[float, Field(gt=0, le=366 * 86_400, allow_inf_nan=False)], ...] = Field(
        default=ERP_RETRY_SECONDS, min_length=1, description="The waits while it is away; the last one is repeated."
    )
    life_days: int = Field(default=ERP_LIFE_DAYS, ge=1, le=366, description="When a posting becomes an exception.")

    @field_validator("batch")
    @classmethod
    def _times(cls, batch: tuple[str, ...]) -> tuple[str, ...]:
        for text in batch:
            if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
                raise ValueError(f"{text!r} is no time of the day, such as 18:00")
        return batch

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"there is no time zone {name!r}; one is Europe/Berlin") from None
        return name

    @model_validator(mode="after")
    def _one_secret(self) -> "ErpSettings":
        if bool(self.secret_env) == (self.secret_file is not None):
            raise ValueError("say where its secret is: secret_env or secret_file, one of them")
        return self


class Settings(BaseSettings):
    """Everything that may be set. Environment variables are HEADRACE_ and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="HEADRACE_", extra="forbid", frozen=True)

    dir: Path = Field(description="Where state, embedded logs and embedded databases live.")
    shards: int = Field(default=16, ge=1, le=256, description="Partitions of facts and decisions.")
    input_partitions: int = Field(default=4, ge=1, le=256, description="Partitions of each topic producers send to.")
    catch_up_hours: int = Field(
        default=24, ge=0, le=24 * 31, description="How long intake may have been away and still catch up by itself."
    )
    kafka: str = Field(default="", description="Bootstrap servers; empty means the embedded SQLite log.")
    schema_registry: str = Field(
        default="",
        description="URL of a schema registry of Confluent's API, with user:password@ where it wants them; "
        "empty means that producers send by headrace's own schema ids only.",
    )
    topic_prefix: str = Field(
        default="", pattern=r"^[A-Za-z0-9._-]*$", description="Put before every topic's name on Kafka."
    )
    kafka_transactional: bool = Field(
        default=False, description="One transaction for each round of a process's shards."
    )
    log_sync: bool = Field(
        default=True, description="SQLite waits for the disk at each append: survives a power cut, not only a kill."
    )
    clickhouse: str = Field(default="", description="URL of a ClickHouse server; empty means chDB in dir.")
    redis: str = Field(default="", description="URL of a Redis or Valkey server; empty means the embedded one in dir.")
    cache_bytes: int = Field(
        default=256 << 20, ge=1, description="Memory for accounts kept loaded, each receivables process."
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of /metrics and /health; 0 is off; each flow takes the next one.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="Address that /metrics and /health listen on; 0.0.0.0 inside a container."
    )
    policy_approval: bool = Field(
        default=False, description="A policy that one publishes is in force only when another has approved it."
    )
    webhooks: tuple[Webhook, ...] = Field(default=(), description="Endpoints that are told of events.")
    erp: tuple[ErpSettings, ...] = Field(default=(), description="ERPs that decisions are written back to.")
    base_currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="Currency that reports lead with.")

    @field_validator(*_ADDRESSES)
    @classmethod
    def _address(cls, text: str, info: ValidationInfo) -> str:
        schemes = _ADDRESSES[str(info.field_name)]
        if text and host_address(text, schemes) is None:
            raise ValueError(
                f"must be {schemes[0]}://HOST:PORT, with user:password@ before it where it is needed, percent-encoded, and a "
                "port from 1 to 65535"
            )
        return text

    @model_validator(mode="after")
    def _named_once(self) -> "Settings":
        for of, names in (("webhooks", [x.name for x in self.webhooks]), ("erp", [x.name for x in self.erp])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{of}: the name {twice[0]} is there more than once")
        return self


def _where(error: BaseException | None) -> str:
    return f", line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""


def load(directory: Path | None, config: Path | None) -> Settings:
    """The settings of this run. Raises WrongSettings with every finding.

    An embedded installation may have a file of its own, `headrace.toml` in its directory.
    """
    values: dict[str, object] = {}
    if config is None and directory is not None and (directory / OWN_FILE).is_file():
        config = directory / OWN_FILE
    if config is not None:
        try:
            values = tomllib.loads(config.read_text())
        except FileNotFoundError:
            raise WrongSettings(f"{config}: there is no such file") from None
        except UnicodeDecodeError:
            raise WrongSettings(f"{config}: is not UTF-8") from None
        except tomllib.TOMLDecodeError as error:
            raise WrongSettings(f"{config}: not TOML: {error}") from error
    if directory is not None:
        values["dir"] = directory
    if "dir" not in values:
        raise WrongSettings('say where the installation is: --dir DIR, or --config FILE with a line dir = "..."')
    try:
        found = Settings(**values)  # type: ignore[arg-type]
    except SettingsError as error:
        # It names the setting; what it came of has the text.
        raise WrongSettings(
            f"HEADRACE_* in the environment: {error}: it must be JSON, and is not{_where(error.__cause__)}"
        ) from None
    except RecursionError:
        raise WrongSettings(
            "HEADRACE_* in the environment: brackets within brackets, too deep to be JSON of ours"
        ) from None
    except ValidationError as error:
        origin = str(config) if config is not None else "settings"
        told = wrong_settings.findings(error, Settings, _HARMLESS)
        raise WrongSettings("\n".join(f"{origin}: {found}" for found in told)) from None
    if found.dir.exists() and not found.dir.is_dir():
        raise WrongSettings(f"{found.dir}: is a file; an installation is a directory")
    return found
