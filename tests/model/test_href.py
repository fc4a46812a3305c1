"""What of an address is a signature, and what names a file."""

import pytest

from imagery_watch.model.href import find_file_path, strip_secrets, strip_signature

FILE = "https://host.example/a/B04.tif"
AZURE = "sv=2024-05-04&st=2025-01-01T00%3A00%3A00Z&se=2025-01-02T00%3A00%3A00Z&sr=c&sp=rl&sig=abc%3D"
AMAZON = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k&X-Amz-Date=d&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    "&X-Amz-Security-Token=t&X-Amz-Signature=s"
)
SIGNED = {
    "azure": (f"{FILE}?{AZURE}", FILE),
    "amazon, version 4": (f"{FILE}?{AMAZON}", FILE),
    "amazon in lower case": (f"{FILE}?{AMAZON.lower()}", FILE),
    "amazon, version 2": (f"{FILE}?AWSAccessKeyId=k&Expires=1&Signature=s", FILE),
    "google": (f"{FILE}?X-Goog-Algorithm=a&X-Goog-Signature=s", FILE),
    "google, old": (f"{FILE}?GoogleAccessId=k&Expires=1&Signature=s", FILE),
    "cloudfront": (f"{FILE}?Policy=p&Signature=s&Key-Pair-Id=k", FILE),
    "alibaba": (f"{FILE}?OSSAccessKeyId=k&Expires=1&Signature=s", FILE),
    "a signature alone": (f"{FILE}?sig=abc&si=12", f"{FILE}?si=12"),
    "a version beside it": (f"{FILE}?versionId=7&{AMAZON}", f"{FILE}?versionId=7"),
    "a file beside it": (f"https://h/get?file=B04.tif&{AZURE}", "https://h/get?file=B04.tif"),
}
KEPT = [
    FILE,
    f"{FILE}?",
    "https://cloud.example/s/tok/download?path=%2F&files=B02.tif",
    "https://host.example/get?id=12&band=B04",
    "https://host.example/get?sp=1&st=2&se=3&sr=4",
    "https://host.example/get?Expires=1&Signature=s",
    f"{FILE}?token=abc",
    f"{FILE}?X-Amz-Date=20230601",
    f"{FILE}?x-amz-meta-file=B04&x-id=GetObject",
    f"{FILE}?access_token=abc",
    f"{FILE}?versionId=7",
    f"{FILE}?B04",
    f"{FILE}?v=2&v=3",
    "/vsi/B04.tif",
]


@pytest.mark.parametrize("case", SIGNED)
def test_a_known_signature_is_stripped(case: str) -> None:
    href, expected = SIGNED[case]
    assert strip_signature(href) == expected


@pytest.mark.parametrize("href", KEPT)
def test_everything_else_tells_files_apart(href: str) -> None:
    assert strip_signature(href) == href


PATHS = [
    (FILE, "/a/B04.tif"),
    (f"{FILE}?file=B02.tif", "/a/B04.tif"),
    ("https://cloud.example/s/tok/download?path=%2F&files=S2A%2FB02.TIF", "S2A/B02.TIF"),
    ("https://host.example/get?id=12", "/get"),
    ("./S2A%20x/B02.tif", "./S2A%20x/B02.tif"),
    ("http://[::1/B02.tif", ""),
]


@pytest.mark.parametrize(("href", "expected"), PATHS)
def test_the_path_that_names_the_file(href: str, expected: str) -> None:
    assert find_file_path(href) == expected


@pytest.mark.parametrize(
    ("href", "plain"),
    [
        ("https://me:word@host:8443/a/B04.tif?sig=k&sv=1#f", "https://host:8443/a/B04.tif"),
        ("s3://bucket/a/B04.jp2", "s3://bucket/a/B04.jp2"),
        ("a/B04.tif", "a/B04.tif"),
        ("C:\\data\\B04.tif", "C:\\data\\B04.tif"),
        ("http://[broken", ""),
    ],
)
def test_what_may_be_a_secret_is_taken_out(href: str, plain: str) -> None:
    assert strip_secrets(href) == plain
