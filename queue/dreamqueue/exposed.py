"""`/metrics` and `/health` over HTTP, from a thread, so that they answer while the event loop does not."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST

from dreamqueue import metrics
from dreamqueue.health import Health

log = logging.getLogger(__name__)


@contextmanager
def exposed(host: str, port: int, health: Health) -> Iterator[None]:
    """Serve while the block runs; nothing at port 0. A port that is taken is logged, and work goes on."""
    if not port:
        yield
        return
    try:
        server = _Server((host, port), health)
    except OSError as error:
        log.error(
            "no metrics and no health of this process at %s:%d, see DREAM_METRICS_PORT; whoever has the port "
            "answers there: %s",
            host,
            port,
            error,
        )
        yield
        return
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="metrics", daemon=True)
    thread.start()
    log.info("metrics and health at http://%s:%d", host, port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], health: Health) -> None:
        self.health = health
        super().__init__(address, _Asked)


class _Asked(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, metrics.text())
        elif path == "/health":
            report = self.server.health.report()
            status = HTTPStatus.OK if report["ok"] else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(report).encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There are /metrics and /health.\n")

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """For debugging only: somebody asks every few seconds."""
        log.debug(format, *args)
