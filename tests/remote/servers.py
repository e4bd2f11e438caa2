"""Two small servers on the loopback: one of the web, and one that speaks as much of S3 as DuckDB asks for."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

OLD = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
KEY, SECRET = "AKIAOFTHETEST", "s3cr3t/of+the/test"


class Files:
    """What a server has: content and time by path, and what it was asked for. ``times``: it tells them."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dt.datetime]] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.asked: list[str] = []
        self.times = True
        self.port = 0

    def put(self, path: str, content: str | bytes, time: dt.datetime = OLD) -> None:
        """Add or change a file."""
        self.objects[path] = (content.encode() if isinstance(content, str) else content, time)

    def take(self) -> list[str]:
        """The requests since the last call, as ``GET /path``."""
        asked, self.asked = self.asked, []
        return asked


class _Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    files: Files

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, code: int, body: bytes = b"", size: int | None = None, **headers: str) -> None:
        self.files.asked.append(f"{self.command} {self.path}")
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def object(self) -> str:
        return unquote(urlsplit(self.path).path).lstrip("/")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        status = re.match(r"status/(\d+)", self.object())
        if status or self.object() not in self.files.objects:
            return self.answer(int(status[1]) if status else 404)
        data, time = self.files.objects[self.object()]
        headers = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Accept_Ranges": "bytes"}
        if self.files.times:
            headers["Last_Modified"] = email.utils.format_datetime(time, usegmt=True)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if self.command == "HEAD" or not wanted:
            return self.answer(200, b"" if self.command == "HEAD" else data, len(data), **headers)
        first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
        headers["Content_Range"] = f"bytes {first}-{last}/{len(data)}"
        return self.answer(206, data[first : last + 1], **headers)


class _Bucket(_Web):
    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            return self.answer(403)
        if "list-type" not in query:
            return super().do_GET()
        stem = f"{self.object().rstrip('/')}/"
        begin = stem + query.get("prefix", [""])[0]
        listed = "".join(
            f"<Contents><Key>{escape(name.removeprefix(stem))}</Key><Size>{len(data)}</Size>"
            f"<LastModified>{time:%Y-%m-%dT%H:%M:%S}.000Z</LastModified><ETag>&quot;{hashlib.md5(data).hexdigest()}&quot;</ETag></Contents>"
            for name, (data, time) in sorted(self.files.objects.items())
            if name.startswith(begin)
        )
        body = f'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>'
        return self.answer(200, body.encode())

    def do_PUT(self) -> None:
        query, data = parse_qs(urlsplit(self.path).query), self.rfile.read(int(self.headers["Content-Length"]))
        if "uploadId" in query:
            self.files.uploads.setdefault(query["uploadId"][0], {})[int(query["partNumber"][0])] = data
        else:
            self.files.put(self.object(), data, dt.datetime.now(dt.UTC))
        self.answer(200, ETag='"x"')

    def do_POST(self) -> None:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "uploads" in query:
            return self.answer(200, b"<Result><UploadId>one</UploadId></Result>")
        parts = self.files.uploads.pop(query["uploadId"][0], {})
        self.files.put(self.object(), b"".join(data for _, data in sorted(parts.items())), dt.datetime.now(dt.UTC))
        return self.answer(200, b"<Result><ETag>x</ETag></Result>")


@contextmanager
def serving(bucket: bool = False) -> Iterator[Files]:
    """A server in a thread."""
    files = Files()
    handler = type("Handler", (_Bucket if bucket else _Web,), {"files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    files.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
