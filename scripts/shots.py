"""Pictures of each stop of the walk: light and dark, desktop and phone, into shots/; five of them into docs/shots/.

Builds the demo in a throwaway folder, so that the pictures always show the same morning. With --url it takes
them from a demo that already runs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SHOTS, CHOSEN = ROOT / "shots", ROOT / "docs" / "shots"
MOST = 150_000  # bytes of a committed picture
SIZES = {"desktop": (1280, 860), "phone": (360, 740)}
CHROMIUM = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "google-chrome-stable")
PORT = 8765


def stay(page: Page) -> None:
    """The desk itself."""


def follow(selector: str) -> Callable[[Page], None]:
    """The page behind the first such link."""

    def go(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_load_state()

    return go


def chronic_absence(page: Page) -> None:
    """The principal's page of it: its link stands in the list of pages, which a phone keeps behind a button."""
    page.goto("/principal/chronic-absence")


def half_a_roll(page: Page) -> None:
    """The roll with everybody present and two absences marked, not yet sent."""
    follow("main a[href*='/rolls/']")(page)
    page.locator("button[name=all_present]").click()
    for n in (1, 3):
        page.locator("label:has(input[value=absent])").nth(n).click()
    page.evaluate("window.scrollTo(0, 0)")  # the label INVENTED belongs in the picture


def a_visit(page: Page) -> None:
    """The coach's form, after the purpose was chosen."""
    page.goto("/coach/visit/new")
    page.locator("select[name=teacher]").select_option(index=1)
    page.locator("input[name=purpose]").first.check(force=True)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


@dataclass(frozen=True)
class Stop:
    """One picture: whose, how to get there from the desk, and as what it is committed ("" for not)."""

    slug: str
    person: str
    way: Callable[[Page], None] = stay
    chosen: str = ""


STOPS = (
    Stop("0-story", ""),
    Stop("1-teacher", "amara"),
    Stop("1-roll", "amara", half_a_roll, chosen="teacher-phone-light"),
    Stop("2-office", "luis", chosen="office-desktop-light"),
    Stop("2-calls", "luis", follow(".card__head a[href$='/office/calls']")),
    Stop("2-student", "luis", follow("#board a[href*='/students/']")),
    Stop("2-principal", "grace"),
    Stop("2-chronic-absence", "grace", chronic_absence),
    Stop("2-rosters", "priya"),
    Stop("3-coach", "dana"),
    Stop("3-visit", "dana", a_visit),
    Stop("4-director", "marcus", chosen="director-desktop-light"),
    Stop("4-caseload", "marcus", follow("main a[href$='/caseload']")),
    Stop("5-theory", "ines", chosen="network-desktop-dark"),
    Stop("6-studies", "tomas"),
    Stop("6-star-report", "tomas", follow("main a[href*='/runs/']"), chosen="analyst-desktop-light"),
    Stop("7-city", "ruth"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a demo that already runs, such as http://localhost:8000")
    parser.add_argument("only", nargs="*", help="only these stops, such as 2-office")
    asked = parser.parse_args()
    path = os.environ.get("FAIRLEAD_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        print("No Chromium in the PATH; nothing was drawn. On Debian: apt-get install chromium", file=sys.stderr)
        return 1
    SHOTS.mkdir(exist_ok=True)
    CHOSEN.mkdir(parents=True, exist_ok=True)
    missed = 0
    with contextlib.ExitStack() as stack:
        url = asked.url or stack.enter_context(a_demo())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for stop in STOPS:
            if not asked.only or stop.slug in asked.only:
                missed += draw(browser, url, stop)
        browser.close()
    return 1 if missed else 0


def draw(browser: Browser, url: str, stop: Stop) -> int:
    """The stop in every dress. Gives the number of dresses that failed."""
    missed = 0
    for size, (width, height) in SIZES.items():
        context = browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            device_scale_factor=1,
            locale="en-US",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        try:
            page.goto("/")
            if stop.person:
                page.locator(f"button[name=person][value={stop.person}]").first.click()
                page.wait_for_load_state()
            stop.way(page)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                file = SHOTS / f"{stop.slug}-{size}-{scheme}.png"
                page.screenshot(path=file, full_page=False)
                if stop.chosen.endswith(f"{size}-{scheme}"):
                    commit(page, CHOSEN / f"{stop.chosen}.png", width, height)
        except Exception as error:  # the other stops are still worth drawing
            print(f"{stop.slug} {size}: {str(error).splitlines()[0]}", file=sys.stderr)
            missed += 1
        context.close()
    print(stop.slug, flush=True)
    return missed


def commit(page: Page, file: Path, width: int, height: int) -> None:
    """The picture for the README, cut shorter until it is light enough."""
    while True:
        page.screenshot(path=file, clip={"x": 0, "y": 0, "width": width, "height": height})
        if file.stat().st_size <= MOST or height < 300:
            return
        height -= 60


@contextlib.contextmanager
def a_demo() -> Iterator[str]:
    """A demo of its own, stopped and cleared away afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairlead-shots-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as another user when we are root
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        environment |= {"FAIRLEAD_DATA": folder, "PORT": str(PORT), "PYTHONPATH": str(ROOT / "src")}
        server = subprocess.Popen([sys.executable, "-m", "fairlead.cli", "run"], env=environment)
        try:
            yield wait_for(f"http://localhost:{PORT}", server)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
            subprocess.run([sys.executable, "-m", "fairlead.cli", "postgres", "stop"], env=environment, check=False)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit("The demo did not start; its own message is above.")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
            return url
        time.sleep(0.5)
    raise SystemExit("The demo was not ready after five minutes.")


if __name__ == "__main__":
    sys.exit(main())
