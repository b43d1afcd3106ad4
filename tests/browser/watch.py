"""A browser tab that remembers what went wrong in it, and can say what is wrong with its page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Response

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STRUCTURE, CONTRAST, EVERYTHING = "structure", "contrast", "everything"
_AXE = """async ([what, tags]) => {
  const colours = ["color-contrast", "link-in-text-block"];
  const off = Object.fromEntries(colours.map(rule => [rule, {enabled: false}]));
  const options = what === "contrast" ? {runOnly: {type: "rule", values: colours}} :
    {runOnly: {type: "tag", values: tags}, rules: what === "structure" ? off : {}};
  const found = await axe.run(document, {...options, resultTypes: ["violations"]});
  return found.violations.map(v => v.id + ": " + v.help + " — " + v.nodes.slice(0, 4).map(
    n => n.target.join(" ") + " " + n.html.slice(0, 120) + (n.any[0] ? " (" + n.any[0].message + ")" : "")
  ).join(" | "));
}"""
_TOO_WIDE = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return [];
  const out = [];
  for (const e of document.body.querySelectorAll("*")) {
    if (e.getBoundingClientRect().right > most + 1 && !e.closest(".table-wrap, .figure__chart")) out.push(
      e.tagName.toLowerCase() + "." + e.className);
  }
  return ["scrolls sideways: " + document.documentElement.scrollWidth + " > " + most + " " + out.slice(0, 5)];
}"""


@dataclass
class Watched:
    """A tab. `errors` holds console errors (the content policy's refusals are among them) and failed requests."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda m: self.errors.append(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(f"script: {e}"))
        self.page.on("requestfailed", lambda r: self.errors.append(f"failed: {r.url}"))

    def go(self, url: str) -> Response:
        response = self.page.goto(url, wait_until="load")
        assert response is not None
        return response

    def axe(self, what: str = EVERYTHING) -> list[str]:
        """Violations of WCAG 2.2 AA and of good practice; of structure and colours, or of one of them."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        found: list[str] = self.page.evaluate(_AXE, [what, TAGS])
        return found

    def too_wide(self) -> list[str]:
        found: list[str] = self.page.evaluate(_TOO_WIDE)
        return found

    def wear(self, scheme: Any) -> None:
        self.page.emulate_media(color_scheme=scheme)

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 740 if width < 600 else 900})
        # Two frames: by then the page has heard of its new size.
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
