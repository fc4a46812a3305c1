"""Whose certificates are trusted, the same for whatever is asked over https."""

import os
import ssl
from functools import lru_cache
from pathlib import Path

from imagery_watch.errors import UsageError

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Each may name a file of certificates, or a folder of them, such as that of a company's proxy."""


def trust() -> ssl.SSLContext:
    """A context that trusts this system's certificates, Mozilla's list, and those that the environment names.

    Raises UsageError where a variable names no certificates: whoever set it wants to know.
    """
    return _trust(tuple((name, os.environ[name]) for name in VARIABLES if os.environ.get(name)))


@lru_cache(maxsize=4)
def _trust(named: tuple[tuple[str, str], ...]) -> ssl.SSLContext:
    import certifi

    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 asks for more than many a company's own have
    context.load_verify_locations(certifi.where())
    for name, value in named:
        try:
            if Path(value).is_dir():
                context.load_verify_locations(capath=value)
            else:
                context.load_verify_locations(value)
        except (OSError, ValueError) as error:  # ssl's own errors are OSErrors
            raise UsageError(f"{name}={value[:200]}: no file of certificates (PEM): {_say(error)}") from None
    return context


def _say(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "it holds none"
    return (isinstance(error, OSError) and error.strerror) or str(error)
