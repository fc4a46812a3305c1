"""Time stamps (RFC 3161): asked of an authority, checked against its certificates, and checked again years later."""

import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagery_watch.custody.der import order_certificates
from imagery_watch.errors import UsageError
from imagery_watch.model.reply import Exchange

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampRequest, TimeStampResponse

INSTALL = "pip install rfc3161-client"
LONGEST_CHAIN = 8
QUERY = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class StampRefused(Exception):
    """Why there is no time stamp, or none that holds."""


@dataclass(frozen=True)
class Attested:
    """What a time stamp that holds says."""

    when: datetime
    """Aware UTC: not later than this the stamped file existed."""
    by: str
    """Name in the authority's certificate."""
    root: str
    """Name in the certificate that all trust rests on."""
    root_sha256: str
    """Of that certificate, as authorities publish it."""


def need_library() -> None:
    """Raises UsageError where what reads time stamps is not installed."""
    try:
        import rfc3161_client  # noqa: F401 - looked for, not used
    except ImportError:
        raise UsageError(f"time stamps need one more package: {INSTALL}") from None


def ask_stamp(data: bytes, url: str, exchange: Exchange, known: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The authority's reply for these bytes, and its certificates as PEM, from its own to the root.

    `known` are certificates (DER) in which those that the reply lacks are looked for. Raises StampRefused for what is
    no time stamp of these bytes.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = exchange("POST", url, request.as_bytes(), QUERY)
    if answer.status is None:
        raise StampRefused(answer.trouble)
    if answer.status != 200:
        raise StampRefused(f"answered HTTP {answer.status}")
    response = _parse(answer.body)
    chain = _complete(response, known)
    _verify(response, chain, data, request)
    return answer.body, dump_chain(chain)


def check_stamp(data: bytes, reply: bytes, certificates: bytes) -> Attested:
    """What a kept reply attests of these bytes, by the kept certificates alone. Raises StampRefused."""
    try:
        return _check(data, reply, certificates)
    except StampRefused:
        raise
    except Exception as error:  # a stranger's bytes, in libraries that say so in their own ways
        raise StampRefused(f"it cannot be read ({type(error).__name__}: {str(error)[:120]})") from None


def _check(data: bytes, reply: bytes, certificates: bytes) -> Attested:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509 import load_pem_x509_certificates

    chain = load_pem_x509_certificates(certificates)
    if dump_chain(chain) != certificates:
        raise StampRefused("its certificates are not as this program wrote them")
    response = _parse(reply)
    if chain != _complete(response, [_der(one) for one in chain]):
        raise StampRefused("its certificates are not a chain from the authority to a root")
    _verify(response, chain, data, None)
    root = chain[-1]
    when, names = response.tst_info.gen_time, [one.subject.rfc4514_string() for one in chain]
    return Attested(when, names[0], names[-1], root.fingerprint(SHA256()).hex())


def dump_chain(chain: Iterable["Certificate"]) -> bytes:
    """Certificates as PEM, in their order."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def read_certificates(pem: bytes) -> list[bytes]:
    """The certificates (DER) of a PEM file. Raises ValueError where it holds none."""
    from cryptography.x509 import load_pem_x509_certificates

    return [_der(one) for one in load_pem_x509_certificates(pem)]


def read_certificate_file(path: Path) -> list[bytes]:
    """The certificates (DER) of the file that `--timestamp-ca` names. Raises UsageError where it holds none."""
    try:
        return read_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise UsageError(f"--timestamp-ca {path}: expected a file of certificates (PEM)") from None


def _der(one: "Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return one.public_bytes(Encoding.DER)


def _parse(reply: bytes) -> "TimeStampResponse":
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        response = decode_timestamp_response(order_certificates(reply))
        if response.status != PKIStatus.GRANTED:
            said = "; ".join(response.status_string)[:200]
            raise StampRefused(f"refused to stamp it ({PKIStatus(response.status).name.lower()}{said and f': {said}'})")
        response.tst_info.gen_time, response.signed_data.certificates  # noqa: B018 - whether they can be read
    except ValueError:
        raise StampRefused("what it gave is no time stamp") from None
    return response


def _complete(response: "TimeStampResponse", known: Iterable[bytes]) -> list["Certificate"]:
    """The certificates from the signer's to a root, out of the reply and those that are known. Raises StampRefused."""
    held = _load([*response.signed_data.certificates, *known])
    signers = [(one.issuer, one.serial_number) for one in response.signed_data.signer_infos]
    chain = [one for one in held if any(one.issuer == by and one.serial_number == n for by, n in signers)][:1]
    if not chain or len(signers) != 1:
        raise StampRefused("its reply does not have the certificate of who signed it")
    while (last := chain[-1]).issuer != last.subject:
        above = next((one for one in held if _issued(one, last)), None)
        if above is None or len(chain) == LONGEST_CHAIN:
            raise StampRefused(f"the certificate of {last.issuer.rfc4514_string()[:120]} is not known here: give it "
                               "with --timestamp-ca FILE")  # fmt: skip
        chain.append(above)
    return chain


def _load(ders: Iterable[bytes]) -> list["Certificate"]:
    """Those that can be read: a system may have old roots that no library takes any more, and nobody asks for here."""
    from cryptography.utils import CryptographyDeprecationWarning
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    loaded = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        for der in ders:
            with suppress(ValueError, InvalidVersion):
                loaded.append(load_der_x509_certificate(der))
    return loaded


def _issued(one: "Certificate", other: "Certificate") -> bool:
    """Whether one signed the other."""
    from cryptography.exceptions import InvalidSignature

    if one.subject != other.issuer:
        return False
    try:
        other.verify_directly_issued_by(one)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _verify(
    response: "TimeStampResponse", chain: Sequence["Certificate"], data: bytes, request: "TimeStampRequest | None"
) -> None:
    """Raises StampRefused where the reply is not the signer's, not of these bytes, or was not asked for."""
    from rfc3161_client import VerificationError, VerifierBuilder

    asked: dict[str, Any] = {} if request is None else {"nonce": request.nonce}
    roots, rest = [chain[-1]], list(chain[1:-1])
    own = chain[0] if len(chain) > 1 else None
    verifier = VerifierBuilder(tsa_certificate=own, intermediates=rest, roots=roots, **asked).build()
    try:
        verifier.verify_message(response, data)
    except (VerificationError, ValueError) as error:
        raise StampRefused(f"its time stamp does not hold: {str(error)[:200]}") from None
