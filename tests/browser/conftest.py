"""One Chromium and one server for all browser tests.

The server shares the test's own database connection, one request at a time: what a page writes is rolled back
with the test, and the app's login, with row-level security, is in force as in production.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.watch import Watched
from tests.conftest import use_app_login

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("FAIRLEAD_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("Chromium: not in the PATH")
    # Playwright keeps an event loop in this thread; Django's own queries here are still plain and synchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


class OneAtATime:
    """Runs the application in the test's transaction: its connection, a lock, the answer read to its end."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()
        self.lock = threading.Lock()
        self.connection: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        with self.lock:
            assert self.connection is not None, "a request outside a test"
            connections["default"] = self.connection
            # Between requests the test's transaction stays open. Django's test client connects these anew after each
            # of its own requests, so they are taken off here, for each request.
            request_started.disconnect(close_old_connections)
            request_finished.disconnect(close_old_connections)
            try:
                answer: Any = self.application(environ, start_response)
                body = b"".join(answer)
                if hasattr(answer, "close"):
                    answer.close()
                return [body]
            finally:
                del connections["default"]  # it belongs to the test's thread: this one must not close it


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="session")
def application() -> Iterator[tuple[OneAtATime, str]]:
    app = OneAtATime()
    server = ThreadedWSGIServer(("localhost", 0), _Quiet)
    server.set_app(app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield app, f"http://localhost:{server.server_port}"
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    server.shutdown()
    server.server_close()


@pytest.fixture
def address(application: tuple[OneAtATime, str], seeded: Any) -> Iterator[str]:
    """Where the server listens; its pages see this test's transaction, under the app's login."""
    app, url = application
    connection.inc_thread_sharing()
    app.connection = connections["default"]
    use_app_login()
    yield url
    with app.lock:
        app.connection = None
    connection.dec_thread_sharing()


@pytest.fixture
def open_as(browser: Browser, address: str, session_keys: dict[str, str]) -> Iterator[Callable[..., Watched]]:
    """`open_as("amara", width=360, javascript=False)`: a tab signed in as one of the cast, watched for errors.

    `offline=True` lets the service worker in; without it each page is one request less to wait for.
    """
    contexts = []

    def open_tab(
        person: str | None,
        *,
        width: int = 1280,
        scheme: Any = "light",
        language: str = "en",
        javascript: bool = True,
        offline: bool = False,
    ) -> Watched:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 740 if width < 600 else 900},
            color_scheme=scheme,
            locale={"en": "en-US", "es": "es-MX"}[language],
            java_script_enabled=javascript,
            reduced_motion="reduce",
            has_touch=width < 600,
            service_workers="allow" if offline else "block",
        )
        contexts.append(context)
        if person is not None:
            context.add_cookies([{"name": "sessionid", "value": session_keys[person], "url": address}])
        page: Page = context.new_page()
        page.set_default_timeout(15_000)
        return Watched(page)

    yield open_tab
    for context in contexts:
        context.close()
