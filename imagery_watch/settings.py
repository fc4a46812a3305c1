"""Every knob, in frozen objects that are read once at the top and handed down as arguments."""

import os
from math import inf
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from imagery_watch.errors import UsageError

KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""Where keys to a store on `s3://` are looked for: the names that the Copernicus Data Space's documentation uses."""


def _tidy_hosts(text: str) -> str:
    """The hosts in small letters. Raises ValueError for what is none."""
    hosts = [one.strip().lower().rstrip(".") for one in text.split(",") if one.strip()]
    for one in hosts:
        if set(one) & set("/:@*? ") or one.startswith(".."):
            raise ValueError(f"{one[:60]!r} is no host; write example.org, or .example.org for all that end so")
    return ",".join(hosts)


class Settings(BaseSettings):
    """The knobs of one run; each may be set by an environment variable `IMAGERY_WATCH_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="IMAGERY_WATCH_", frozen=True, extra="ignore", populate_by_name=True)

    home: Path = Field(default_factory=lambda: platformdirs.user_data_path("imagery-watch"))
    """Folder of the user's own airfields (`aoi/`), of `monitor`'s record and of its outputs."""

    cache: Path | None = None
    """Folder of the chip cache; `<home>/cache` where unset."""

    cache_gb: float = Field(50.0, gt=0)
    """Room that `monitor` leaves to the chip cache, in 10^9 bytes; imagery of hits that are open stays beyond it."""

    earth_search: str = "https://earth-search.aws.element84.com/v1"
    """Where the catalogue named `earth-search` answers: a STAC API without account or key, or a mirror of it."""

    planetary_computer: str = "https://planetarycomputer.microsoft.com/api/stac/v1"
    """Where the catalogue named `planetary-computer` answers."""

    planetary_computer_tokens: str = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
    """Where tokens for its files are had: `/ACCOUNT/CONTAINER` is added."""

    copernicus: str = "https://stac.dataspace.copernicus.eu/v1"
    """Where the catalogue named `copernicus` answers: the Copernicus Data Space Ecosystem."""

    copernicus_s3: str = "https://eodata.dataspace.copernicus.eu"
    """Where the store of its files answers, which wants the user's own keys."""

    s3_key: SecretStr | None = Field(None, validation_alias=KEY_VARIABLES[0])
    """One half of the user's key to that store, from the variable that other tools read, too."""

    s3_secret: SecretStr | None = Field(None, validation_alias=KEY_VARIABLES[1])
    """The other half."""

    hosts: Annotated[str, AfterValidator(_tidy_hosts)] = ""
    """Hosts, with commas between them, that may be asked for files beside those that a catalogue is known to use."""

    overpass: str = "https://overpass-api.de/api/interpreter"
    """Where OpenStreetMap is asked for aprons: an Overpass API without account or key, or a mirror of it."""

    margin_m: float = Field(1300.0, ge=0, le=5000)
    """How far the Grid reaches beyond the aprons: the ring, where registration and normalisation live."""

    in_flight: int = Field(32, ge=1, le=128)
    """Window reads under way at once: 32 to 64 is the optimum on two cores with object stores."""

    workers: int = Field(default_factory=lambda: min(4, os.cpu_count() or 1), ge=1, le=64)
    """Processes that look for aircraft and measure limits, and threads that compare passes."""

    timeout_s: float = Field(30.0, gt=0)
    """Longest silence of a server, in seconds, before a request is given up (and tried again)."""

    retries: int = Field(4, ge=0, le=20)
    """How often a request that failed for a passing reason is tried again."""

    max_grid_km2: float = Field(400.0, gt=0)
    """Largest Grid that is read; a bigger one is nearly always a mistake in the airfield file."""

    baseline_half_window_days: int = Field(180, ge=1)
    """A pass is compared with passes at most this many days away on either side."""

    min_visible_fraction: float = Field(0.5, ge=0, le=1)
    """Below this visible fraction of an apron, a look is `not_observed`."""

    false_alarms_per_year: float = Field(4.0, gt=0)
    """False hits an airfield that are borne in a nominal year of 73 passes; weaker hits are left out."""

    limit_plantings: int = Field(6, ge=0, le=200)
    """Simulated aircraft of each size that are planted into each look to measure its limit; 0 leaves it unmeasured."""

    reviewer: str = ""
    """Who reviews hits, where the command does not say; empty: the name of the user of this machine."""

    @property
    def cache_dir(self) -> Path:
        """The folder of the chip cache."""
        return self.cache if self.cache is not None else self.home / "cache"


def read_settings(*, false_alarms_per_year: float | None = None) -> Settings:
    """The settings as the environment has them, the user's own budget of false hits instead of it where one is given.

    Raises UsageError naming the variable or the option that cannot be used.
    """
    if false_alarms_per_year is not None and not 0 < false_alarms_per_year < inf:
        raise UsageError(f"false alarms per year: {false_alarms_per_year} is not a number above zero; try 4")
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "IMAGERY_WATCH_" + "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(f"environment variable {name}: {first['msg']}") from None
    if false_alarms_per_year is None:
        return settings
    return settings.model_copy(update={"false_alarms_per_year": false_alarms_per_year})


def name_reviewer(settings: Settings) -> str:
    """Who gives reviews: as the settings say, else the user's name. Raises UsageError where the machine knows none."""
    import getpass

    try:
        return settings.reviewer or getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        raise UsageError("nobody knows who you are: give --by NAME, or set IMAGERY_WATCH_REVIEWER") from None
