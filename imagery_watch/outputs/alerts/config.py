"""`alerts.toml`: who is told of what, and where; strict, and without a secret in it."""

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from imagery_watch.errors import UsageError

FILE = "alerts.toml"
Matter = Literal["hits", "troubles"]
RESERVED = ("file",)
"""Names of channels that the record has a use for."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("expected one line of printable text")
    return text


def _address(text: str) -> str:
    local, _, domain = text.partition("@")
    if not (local and domain and text.isascii() and text.isprintable()) or set(" ,;<>\"'()[]\\") & set(text):
        raise ValueError("expected a bare mail address such as desk@example.org")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
Address = Annotated[str, AfterValidator(_address)]


class _Secrets(_Strict):
    """A table whose secrets are named, never written: each in an environment variable or a file of its own."""

    needed: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _named_once(self) -> "_Secrets":
        for name in sorted({key.rpartition("_")[0] for key in type(self).model_fields if key.endswith("_env")}):
            given = [getattr(self, f"{name}_{where}") for where in ("env", "file")]
            if all(given):
                raise ValueError(f"{name}_env and {name}_file: one of them, not both")
            if name in self.needed and not any(given):
                raise ValueError(f"expected {name}_env (an environment variable's name) or {name}_file")
        return self


class _Channel(_Secrets):
    name: Line = Field(max_length=60)
    airfields: tuple[Line, ...] = ()
    """The group that it hears of; empty: all."""
    cool_down_hours: float = Field(0.0, ge=0, le=24 * 365)
    """The least time between two messages; what comes within it waits for the next."""
    tell: tuple[Matter, ...] = Field(("hits", "troubles"), min_length=1)

    def hears_of(self, airfield: str) -> bool:
        """Whether an airfield is in its group."""
        return not self.airfields or airfield.upper() in {one.upper() for one in self.airfields}


class WebhookConfig(_Channel):
    """A server that is sent JSON."""

    needed: ClassVar[tuple[str, ...]] = ("url",)
    kind: Literal["webhook"]
    url_env: Line | None = None
    url_file: Path | None = None
    secret_env: Line | None = None
    secret_file: Path | None = None


class MailConfig(_Channel):
    """A mail server."""

    kind: Literal["mail"]
    host: Line
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: Line | None = None
    password_env: Line | None = None
    password_file: Path | None = None
    sender: Address = Field(alias="from")
    to: tuple[Address, ...] = Field(min_length=1, max_length=50)
    pictures: bool = True
    """Whether small pictures of hits are in the mail."""

    @model_validator(mode="after")
    def _user_has_password(self) -> "MailConfig":
        if (self.user is None) != (self.password_env is None and self.password_file is None):
            raise ValueError("user and password_env (or password_file): both of them, or neither")
        return self


class AppriseConfig(_Channel):
    """A service that the package apprise knows, by its URL."""

    needed: ClassVar[tuple[str, ...]] = ("url",)
    kind: Literal["apprise"]
    url_env: Line | None = None
    url_file: Path | None = None


ChannelConfig = WebhookConfig | MailConfig | AppriseConfig


class FeedConfig(_Strict):
    """The Atom feed."""

    path: Path | None = None
    """Where it is written; `feed.atom` in the folder of the outputs where unset."""
    url: Line | None = None
    """Where subscribers find it, for the feed to say."""


class HeartbeatConfig(_Secrets):
    """The dead man's switch."""

    file: Path | None = None
    """Where the state of the last sweep is; `heartbeat.json` below the home where unset."""
    ping_url_env: Line | None = None
    ping_url_file: Path | None = None


class TroublesConfig(_Strict):
    """When troubles are told."""

    repeat_hours: float = Field(24.0, gt=0, le=24 * 365)
    """A trouble that goes on is told again so often."""


class AlertsConfig(_Strict):
    """All of `alerts.toml`."""

    channel: tuple[Annotated[ChannelConfig, Field(discriminator="kind")], ...] = ()
    feed: FeedConfig = FeedConfig()
    heartbeat: HeartbeatConfig = HeartbeatConfig()
    troubles: TroublesConfig = TroublesConfig()

    def find(self, name: str) -> ChannelConfig:
        """The channel of a name. Raises UsageError."""
        known = {one.name: one for one in self.channel}
        if name not in known:
            raise UsageError(f"no channel is named {name!r} in {FILE}; {_nearest(name, tuple(known))}")
        return known[name]


def read_config(home: Path) -> AlertsConfig:
    """What `alerts.toml` in `home` says; nobody is told where there is none. Raises UsageError naming file and key."""
    path = home / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return AlertsConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({type(error).__name__}); expected a TOML file in UTF-8") from None
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> AlertsConfig:
    """The configuration of a text; `path` is what errors call it. Raises UsageError."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not TOML: {error}") from None
    try:
        config = AlertsConfig.model_validate(told)
    except ValidationError as error:
        raise UsageError(f"{path}: {_explain(error.errors(include_input=False)[0], told)}") from None
    names = [one.name for one in config.channel]
    for name in names:
        if names.count(name) > 1 or name in RESERVED:
            why = "is the name of two channels" if name not in RESERVED else "is a name that the record has a use for"
            raise UsageError(f"{path}: {name!r} {why}; every channel needs a name of its own")
    return config


MODELS: dict[str, type[BaseModel]] = {
    "webhook": WebhookConfig,
    "mail": MailConfig,
    "apprise": AppriseConfig,
    "feed": FeedConfig,
    "heartbeat": HeartbeatConfig,
    "troubles": TroublesConfig,
}


def _explain(error: Any, told: dict[str, Any]) -> str:
    """One complaint: where it is, and what was expected; never what was written, which may be a secret."""
    where = [part for part in error["loc"] if isinstance(part, str) and part not in ("channel", *MODELS)]
    kind = next((part for part in error["loc"] if part in MODELS), None)
    place = _place(error["loc"], told)
    if error["type"] == "extra_forbidden":
        return (
            f"{place}unknown key {where[-1] if where else error['loc'][-1]!r}; {_nearest_key(kind, error['loc'][-1])}"
        )
    if error["type"].startswith("union_tag"):
        return f"{place}kind: expected webhook, mail or apprise"
    key = f"{'.'.join(where)}: " if where else ""
    return f"{place}{key}{error['msg'].removeprefix('Value error, ')}"


def _place(location: tuple[Any, ...], told: dict[str, Any]) -> str:
    if len(location) > 1 and location[0] == "channel" and isinstance(location[1], int):
        table = told["channel"][location[1]]
        name = table.get("name") if isinstance(table, dict) else None
        return f"channel {name!r}: " if isinstance(name, str) else f"channel {location[1] + 1}: "
    return f"[{location[0]}]: " if location and location[0] in MODELS else ""


def _nearest_key(kind: str | None, key: object) -> str:
    model = AlertsConfig if kind is None else MODELS[kind]
    return _nearest(str(key), tuple(field.alias or name for name, field in model.model_fields.items()))


def _nearest(word: str, known: tuple[str, ...]) -> str:
    """Which known word may have been meant."""
    near = get_close_matches(word, known, 1, 0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known are: {', '.join(known)}" if known else "none is configured"
