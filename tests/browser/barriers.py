"""What keeps somebody from reading or using a page, as axe-core finds it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def barriers(tab: Page, *, within: str | None = None, **options: Any) -> list[str]:
    """Return axe's findings of its two gravest kinds, one a piece of the page.

    Args:
        tab: where the page is open.
        within: what of the page is looked at, as a CSS selector; all of it, unless said.
        **options: axe's own; `runOnly=["color-contrast"]`, for one.
    """
    # Without `preload`, axe does not look for style sheets where there are none.
    options = {"resultTypes": ["violations"], "preload": False, **options}
    found = Axe().run(tab, within, options)
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
