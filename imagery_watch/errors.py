"""Errors for the person who can act: each says what was expected, and what to try; each knows its exit code."""

from enum import IntEnum

from imagery_watch.reasons import Reason


class ExitCode(IntEnum):
    """Exit codes of the command line (part of the contract in the README)."""

    DONE = 0
    USAGE = 2
    INCOMPLETE = 3
    STORE = 4
    LOCKED = 5
    NEW_HITS = 10
    INTERRUPTED = 130
    TERMINATED = 143


class StopAsked(BaseException):
    """A signal asked the work to end: on its way from wherever it came in to where the work began. No error."""

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class ImageryWatchError(Exception):
    """Anything that this package raises on purpose. The message is meant to be read by a person."""

    exit_code: ExitCode = ExitCode.USAGE


class UsageError(ImageryWatchError):
    """An option, date or path that cannot be used."""


class AoiError(ImageryWatchError):
    """An airfield file that cannot be used; the message names file, feature and coordinate."""


class TrackError(ImageryWatchError):
    """A file of flight tracks that cannot be used; the message names file, row and what was expected."""


class CatalogError(ImageryWatchError):
    """A catalogue given by the user that is not one, or that cannot be read (exit 2)."""


class CatalogUnavailable(ImageryWatchError):
    """A catalogue that did not answer, or answered nonsense: worth trying again (exit 3)."""

    exit_code = ExitCode.INCOMPLETE


class MapUnavailable(ImageryWatchError):
    """A map server that did not answer, or not completely: worth trying again (exit 3)."""

    exit_code = ExitCode.INCOMPLETE


class ClusterUnavailable(ImageryWatchError):
    """A Dask cluster that did not answer, or was lost: worth trying again (exit 3)."""

    exit_code = ExitCode.INCOMPLETE


class PassUnread(ImageryWatchError):
    """A pass without pixels; its reason, code and sentence, is the one in `looks.csv`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


class ReadFailed(PassUnread):
    """Pixels that could not be read completely, for a reason that may pass (exit 3)."""

    exit_code = ExitCode.INCOMPLETE


class PassRefused(PassUnread):
    """A pass whose pixels cannot be used, now or later."""

    exit_code = ExitCode.DONE


class StoreError(ImageryWatchError):
    """The record is damaged, missing where it should be, or cannot be written (exit 4)."""

    exit_code = ExitCode.STORE


class PackDamaged(ImageryWatchError):
    """An evidence pack that is not what was packed, or does not give the hits that are in it (exit 4)."""

    exit_code = ExitCode.STORE


class LockedError(ImageryWatchError):
    """Another run holds the lock (exit 5)."""

    exit_code = ExitCode.LOCKED
