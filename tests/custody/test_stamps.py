"""Time stamps years later: what still holds when the certificates have run out, and what never held."""

from pathlib import Path

import pytest

from imagery_watch.custody.authority import StampRefused, check_stamp


def test_a_stamp_outlives_the_certificates_that_were_valid_when_it_was_made() -> None:
    """All three of its certificates ran out three seconds after it was made."""
    found = check_stamp(b"manifest\n", *(_stamps(f"expired.{end}") for end in ("tsr", "pem")))
    assert (found.by, found.root) == ("CN=Test authority", "CN=Test root")


def test_a_stamp_of_a_certificate_that_had_run_out_before_is_refused() -> None:
    with pytest.raises(StampRefused, match="does not hold"):
        check_stamp(b"manifest\n", *(_stamps(f"late.{end}") for end in ("tsr", "pem")))


def _stamps(name: str) -> bytes:
    return (Path(__file__).parents[1] / "data" / "stamps" / name).read_bytes()
