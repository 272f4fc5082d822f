"""A very small WSGI application for the tests of the web server: says what arrived, in short deadlines; /slow takes its time."""

import hashlib
import time

from app.core import patience

patience.HEAD_WITHIN, patience.BODY_WITHIN, patience.SLOWEST = 8.0, 8.0, 10_000_000


def app(environ, start_response):
    coded = environ.get("HTTP_TRANSFER_ENCODING", "")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if coded or length > 25 * 1024 * 1024:
        start_response("413 Too Large", [("Content-Length", "3")])
        return [b"no\n"]
    body = environ["wsgi.input"].read(length)
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.4)
    said = f"{environ['PATH_INFO']} {len(body)} {hashlib.sha256(body).hexdigest()}\n".encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]
