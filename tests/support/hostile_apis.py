"""STAC APIs that mean harm, and a server for them: what they answer, by path."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from support.rasters import make_item

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


class Serving:
    """A server in a thread, of answers by path; `{here}` and `{canary}` in bodies and headers are filled in."""

    def __init__(self, answers: dict[str, Answer], canary: int = 0) -> None:
        self.answers, self.canary, self.authorized = answers, canary, list[str]()

    def __enter__(self) -> int:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                status, headers, body = outer.answers.get(path, (404, {}, b"no"))
                here = f"http://127.0.0.1:{outer.server.server_port}"
                filled = {"{here}": here, "{canary}": f"evil.example:{outer.canary}", "{port}": str(outer.canary)}
                for mark, text in filled.items():
                    body = body.replace(mark.encode(), text.encode())
                    headers = {name: value.replace(mark, text) for name, value in headers.items()}
                if status == 206:
                    first, last = (self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")
                    begin, end = int(first), min(int(last or len(body)) + 1, len(body))
                    headers = {**headers, "Content-Range": f"bytes {begin}-{end - 1}/{len(body)}", "ETag": '"1"'}
                    body = body[begin:end]
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self.server.server_port

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


CONFORMS = ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search"]
JSON = {"Content-Type": "application/json"}


def landing(search: str = "{here}/search", **members: Any) -> Answer:
    links = [{"rel": "self", "href": "{here}/"}, {"rel": "root", "href": "{here}/"}]
    links += [{"rel": "search", "href": search, "method": "POST", "type": "application/geo+json"}]
    told = {"type": "Catalog", "id": "x", "stac_version": "1.0.0", "description": "x", "conformsTo": CONFORMS,
            "links": [*links, *members.pop("links", [])], **members}  # fmt: skip
    return 200, JSON, json.dumps(told).encode()


def found(href: str = "{here}/none.tif", following: str = "", **members: Any) -> Answer:
    item = {**make_item(), **members}
    for key in item["assets"]:
        item["assets"][key]["href"] = href
    links = [{"rel": "next", "href": following, "method": "POST", "body": {}}] if following else []
    told = {"type": "FeatureCollection", "features": [item], "links": links}
    return 200, JSON, json.dumps(told).encode()


def api(answer: Answer, **home: Any) -> dict[str, Answer]:
    """An API that gives this to every search."""
    return {"/": landing(**home), "/search": answer}


RELATIONS = ("child", "item", "data", "conformance", "parent", "collection")
ELSEWHERE = [{"rel": rel, "href": "http://{canary}/x"} for rel in RELATIONS]
NEXT = ("http://{canary}/search", "https://{canary}/", "file://{raster}", "http://169.254.169.254/", "//{canary}/x",
        "http://user:pass@{canary}/", "{here}@{canary}/", "{here}/search", "ftp://{canary}/", "../../search",
        "{vector}")  # fmt: skip
APIS = {
    **{f"next at {href}": api(found(following=href)) for href in NEXT},
    "search elsewhere": api(found(), search="http://{canary}/search"),
    "links of all kinds elsewhere": api(found(), links=ELSEWHERE),
    "root elsewhere": api(found(), links=[{"rel": "root", "href": "http://{canary}/"}]),
    "moved elsewhere": {"/": (302, {"Location": "http://{canary}/"}, b"")},
    "moved in circles": {"/": (302, {"Location": "{here}/"}, b"")},
    "moved to a file": {"/": (302, {"Location": "file://{raster}"}, b"")},
    "search moved elsewhere": api((307, {"Location": "http://{canary}/search"}, b"")),
    "files of this machine": api(found("file://{raster}")),
    "a path of this machine": api(found("{raster}")),
    "GDAL's own paths": api(found("/vsicurl/http://{canary}/x.tif")),
    "files that are moved": {**api(found("{here}/x.tif")), "/x.tif": (302, {"Location": "http://{canary}/x"}, b"")},
    "files moved to a file": {**api(found("{here}/x.tif")), "/x.tif": (302, {"Location": "file://{raster}"}, b"")},
    "an id that climbs": {**api(found("{here}/good.tif", id="../../../elsewhere/x")), "/good.tif": (206, {}, b"")},
    "an id that is a path": {**api(found("{here}/good.tif", id="/etc/passwd")), "/good.tif": (206, {}, b"")},
    "an id with a null": {**api(found("{here}/good.tif", id="a\0b")), "/good.tif": (206, {}, b"")},
    "an id of a megabyte": {**api(found("{here}/good.tif", id="x" * 2**20)), "/good.tif": (206, {}, b"")},
    "a collection that climbs": {**api(found("{here}/good.tif", collection="../..")), "/good.tif": (206, {}, b"")},
    "brackets, 100 000 deep": api((200, JSON, b"[" * 100_000)),
    "a number of 10 000 digits": api((200, JSON, b'{"features": [' + b"9" * 10_000 + b"]}")),
    "half a gigabyte of spaces, packed": api((200, {**JSON, "Content-Encoding": "gzip"}, b"BOMB")),
    "a geometry that laughs": api(found(geometry={"type": "Polygon", "coordinates": [[[0, 0]] * 200_000]})),
    "schemas elsewhere": api(found(stac_extensions=["http://{canary}/schema.json"])),
}  # fmt: skip
PORTS = {
    "next": api(found(following="http://127.0.0.1:{port}/search")),
    "search": api(found(), search="http://127.0.0.1:{port}/search"),
    "root": api(found(), links=[{"rel": "root", "href": "http://127.0.0.1:{port}/"}]),
    "moved": {"/": (302, {"Location": "http://127.0.0.1:{port}/"}, b"")},
    "search moved": api((307, {"Location": "http://127.0.0.1:{port}/search"}, b"")),
}
"""Another server of the same machine."""
SEARCHES = ("{vector}", "file:{vector}", "ftp://{canary}/", "")
"""Where a search could be that is on no server."""
PATHS = ("file://{vector}", "/vsicurl/http://{canary}/")
"""And that pystac takes for a file of this machine."""
