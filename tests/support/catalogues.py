"""A stand-in for three public catalogues and their stores, over real items: what each answers, it answers.

Run by `servers.py catalogues SPEC.json`. The spec has `features` (`{base}` in them becomes the server's URL), `folder`
(the stores' files) and what goes wrong: `token_uses` (a token works that often, then 403), `token_busy` (so many
questions for a token are answered 429), `born_expired` (so many tokens are), `keys` (`{name: secret}` of the S3 store),
`lag_s` of the S3 store, `cap` (no answer of a search has more items, or a `next`, and `oldest` whether they are the
oldest). Below `/earth-search`, `/planetary` and `/copernicus` are STAC APIs; `/token/ACCOUNT/CONTAINER`
gives tokens for files at `/ACCOUNT/CONTAINER/...`; `/eodata/...` is the S3 store; `/open/...` wants nothing.
"""

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

CONFORMS = ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search"]
MATCHED = {"earth-search"}
"""APIs that count what they matched."""
REGION = "default"


def catalogues(spec_file: Path) -> Any:
    """The app of a spec."""
    from starlette.responses import JSONResponse, Response

    spec, state = json.loads(spec_file.read_text()), Counter[str]()
    files = Path(spec.get("folder", spec_file.parent))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        base, words = f"http://{headers['host']}", scope["path"].strip("/").split("/")
        state["in_flight"] += 1
        state["most_in_flight"] = max(state["most_in_flight"], state["in_flight"])
        if words[0] in ("earth-search", "planetary", "copernicus"):
            answer: Any = JSONResponse(_stac(words, await _json(receive), spec, base))
        elif words == ["__state__"]:
            answer = JSONResponse(dict(state))
        elif words[0] == "token":
            answer = _token(spec, state)
        else:
            await asyncio.sleep(spec.get("lag_s", 0) if words[0] == "eodata" else 0)
            refused = _refusal(words, scope, headers, spec, state)
            answer = Response("no", refused) if refused else _file(files, words, headers)
        await answer(scope, receive, send)
        state["in_flight"] -= 1

    return app


async def _json(receive: Any) -> dict[str, Any]:
    message = await receive()
    return dict(json.loads(message.get("body") or b"{}"))


def _stac(words: list[str], asked: dict[str, Any], spec: dict[str, Any], base: str) -> dict[str, Any]:
    """A landing page, the collections, or one page of a search."""
    here = f"{base}/{words[0]}"
    features = json.loads(json.dumps(spec["features"]).replace("{base}", base))
    if words[1:] == ["search"]:
        whole = {**asked, "limit": len(features)} if "cap" in spec else asked
        found = search(features, whole, f"{here}/search", counts=words[0] in MATCHED)
        return _cut(found, spec) if "cap" in spec else found
    if words[1:] == ["collections"]:
        return {"collections": [{"id": name} for name in sorted({one["collection"] for one in features})], "links": []}
    links = [{"rel": rel, "href": here} for rel in ("self", "root")]
    links.append({"rel": "search", "href": f"{here}/search", "method": "POST", "type": "application/geo+json"})
    return {"type": "Catalog", "stac_version": "1.0.0", "id": words[0], "description": "stand-in",
            "conformsTo": CONFORMS, "links": links}  # fmt: skip


def search(features: list[Any], asked: dict[str, Any], href: str, *, counts: bool) -> dict[str, Any]:
    """One page, newest first; the `next` of one that has items goes on behind its last, as POST with a body."""
    found = sorted((one for one in features if _matches(one, asked)), key=_key, reverse=True)
    page = [one for one in found if "next" not in asked or _key(one) < tuple(asked["next"].split(","))]
    page = page[: asked.get("limit", 10)]
    links = []
    if page:
        body = {**asked, "next": ",".join(_key(page[-1]))}
        links = [{"rel": "next", "method": "POST", "type": "application/geo+json", "href": href, "merge": False,
                  "body": body}]  # fmt: skip
    matched = {"numberMatched": len(found), "context": {"matched": len(found), "returned": len(page)}} if counts else {}
    return {"type": "FeatureCollection", "features": page, "links": links, "numberReturned": len(page), **matched}


def _cut(found: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The answer as a server gives it that ends every list early, and counts truly what it matched."""
    kept = (found["features"][::-1] if spec.get("oldest") else found["features"])[: spec["cap"]]
    return {**found, "features": kept, "links": [], "numberReturned": len(kept), "context": None}


def _key(feature: Any) -> tuple[str, ...]:
    return feature["properties"]["datetime"], feature["id"], feature["collection"]


def _matches(feature: Any, asked: dict[str, Any]) -> bool:
    west, south, east, north = asked.get("bbox", [-180, -90, 180, 90])
    box, when = feature["bbox"], feature["properties"]["datetime"]
    half = len(box) // 2
    touches = box[0] <= east and box[half] >= west and box[1] <= north and box[half + 1] >= south
    start, _, end = asked.get("datetime", "../..").partition("/")
    in_time = (start == ".." or when >= start) and (end == ".." or when[:19] <= end[:19])
    tests = {"eq": lambda a, b: a == b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b,
             "gte": lambda a, b: a >= b}  # fmt: skip
    stated = feature["properties"]
    fits = all(name in stated and tests[how](stated[name], value)
               for name, question in asked.get("query", {}).items() for how, value in question.items())  # fmt: skip
    return touches and in_time and fits and feature["collection"] in asked.get("collections", [feature["collection"]])


def _token(spec: dict[str, Any], state: Counter[str]) -> Any:
    """A token of 45 minutes, or one that is over, or a request for patience."""
    from starlette.responses import JSONResponse, Response

    state["token_calls"] += 1
    if state["token_calls"] <= spec.get("token_busy", 0):
        return Response("slow down", 429, {"retry-after": "1"})
    state["tokens"] += 1
    fresh = state["tokens"] > spec.get("born_expired", 0)
    end = datetime.now(UTC) + (timedelta(minutes=45) if fresh else -timedelta(hours=1))
    expiry = end.strftime("%Y-%m-%dT%H:%M:%SZ")
    token = (
        f"st=2026-01-01T00%3A00%3A00Z&se={expiry.replace(':', '%3A')}&sp=rl&sv=2021-06-08&sr=c&sig=S{state['tokens']}"
    )
    return JSONResponse({"msft:expiry": expiry, "token": token})


def _refusal(words: list[str], scope: Any, headers: dict[str, str], spec: dict[str, Any], state: Counter[str]) -> int:
    """The status with which a store says no, or 0."""
    if words[0] == "open":
        return 0
    if words[0] == "eodata":
        return 0 if _is_signed(scope, headers, spec.get("keys", {})) else 403
    signature = parse_qs(scope["query_string"].decode()).get("sig", [""])[0]
    if not signature:
        return 404
    state[signature] += 1
    current = signature == f"S{state['tokens']}" and state["tokens"] > spec.get("born_expired", 0)
    return 0 if current and state[signature] <= spec.get("token_uses", 10**9) else 403


def _is_signed(scope: Any, headers: dict[str, str], keys: dict[str, str]) -> bool:
    """Whether a request has a valid AWS Signature Version 4 of one of the keys, worked out anew."""
    said = headers.get("authorization", "").removeprefix("AWS4-HMAC-SHA256 ")
    parts = dict(part.strip().split("=", 1) for part in said.split(",")) if said else {}
    name, day, region, *rest = parts.get("Credential", "").split("/") if parts else ("", "", "")
    if name not in keys or region != REGION or rest != ["s3", "aws4_request"]:
        return False
    signed = parts["SignedHeaders"].split(";")
    lines = [scope["method"], scope["raw_path"].decode(), scope["query_string"].decode()]
    lines += [
        *(f"{one}:{headers[one].strip()}" for one in signed),
        "",
        ";".join(signed),
        headers["x-amz-content-sha256"],
    ]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], f"{day}/{region}/s3/aws4_request", digest])
    key = f"AWS4{keys[name]}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), parts["Signature"])


def _file(folder: Path, words: list[str], headers: dict[str, str]) -> Any:
    """A range of a file of a store, the store's own words left out."""
    from starlette.responses import Response

    path = folder / "/".join(words[1:] if words[0] in ("open", "eodata") else words[2:])
    if not path.is_file():
        return Response("no such file", 404)
    content = path.read_bytes()
    first, _, last = headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
    start, end = int(first), min(int(last or len(content)) + 1, len(content))
    return Response(content[start:end], 206, {"content-range": f"bytes {start}-{end - 1}/{len(content)}"})
