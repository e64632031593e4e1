"""How `make site` and `make epub` build the pages; pages.py says what becomes of each file.

The source is the project's folder itself, so that every link in its texts works as it stands.
Nothing is executed, and no page asks another machine for anything.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
import pages  # noqa: E402

project = epub_title = "Home security: the Redis course"
html_title = "Redis course"  # stands at the top of each page, on a phone too
epub_basename = "redis-course"
language = "en-GB"
version = epub_identifier = project
epub_scheme = epub_uid = "redis-course"
epub_show_urls, epub_copyright = "no", "the owner of the course"

extensions = ["myst_nb", "sphinx_copybutton", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "README"
include_patterns = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/exercises/README.md"),
    *("notebooks/*.ipynb", "docs/*.md", "site/*.md", "monitoring/*.md"),
    *("hub/*.md", "hub/kubernetes/*.md"),
]
# So that Sphinx does not walk through .venv, nor the learners' homes.
exclude_patterns = [".*", "build", "tests", "hub/state"]
templates_path, html_static_path = ["templates"], ["static"]

nb_execution_mode = "off"
nb_custom_formats = {".ipynb": ["pages.lesson", {}]}
nb_code_prompt_show, nb_code_prompt_hide = "Show the {type}", "Hide the {type}"
myst_heading_anchors = 4
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"

html_theme = "pydata_sphinx_theme"
html_favicon, html_search_scorer = "static/icon.svg", str(HERE / "scorer.js")
html_css_files, html_js_files = ["site.css"], [("site.js", {"defer": "defer"})]
html_sidebars = {"**": ["pages.html"]}
html_sourcelink_suffix = ""  # templates/notebook.html offers a lesson as a notebook
html_context = {"default_mode": "auto", "hub": os.environ.get("HUB", "").rstrip("/")}
html_theme_options = {
    "navbar_center": [],
    "search_as_you_type": True,
    "article_footer_items": ["done"],
    "secondary_sidebar_items": ["page-toc", "notebook"],
    "footer_start": [],
    "footer_end": [],
}
copybutton_selector = "div.cell_input div.highlight pre, div.highlight-bash pre"


def change_source(app: Sphinx, name: str, source: list[str]) -> None:
    """Add what a page has on the site alone, and leave out what JupyterLab alone needs."""
    source[0] = re.sub(r'<a id="[\w-]+"></a>\n', "", source[0])  # a heading has its own id here
    if change := pages.CHANGES.get(name):
        source[0] = change(source[0])


def read_markdown(_app: Sphinx, *about: Any) -> None:
    """Docstrings are Markdown: say in Sphinx's own language what is code, and what is a block."""
    lines: list[str] = about[-1]
    text = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", "\n".join(lines))
    lines[:] = re.sub(r"(?m)(^\S[^\n]*\n\n|\A)(?=    )", r"\1::\n\n", text).split("\n")


def show_meanings(app: Sphinx, page: nodes.document, _name: str) -> None:
    """A word that leads to the glossary shows its meaning under the mouse."""
    known = app.env.get_domain("std").get_objects()
    terms = {anchor: name for name, _, kind, _, anchor, _ in known if kind == "term"}
    for link in page.findall(nodes.reference):
        anchor = (link.get("refid") or link.get("refuri", "")).rpartition("#")[2]
        if anchor in terms:
            link["reftitle"] = pages.MEANINGS[terms[anchor]]


def begin_at_the_readme(app: Sphinx, error: Exception | None) -> None:
    """A web server, and a reader, look for index.html."""
    if app.builder.name == "html" and not error:
        home = Path(app.outdir, f"{app.config.root_doc}.html")
        shutil.copy(home, Path(app.outdir, "index.html"))


def setup(app: Sphinx) -> None:
    """Tell Sphinx when to call what stands above."""
    app.connect("source-read", change_source)
    app.connect("autodoc-process-docstring", read_markdown, priority=400)  # before napoleon
    app.connect("doctree-resolved", show_meanings)
    app.connect("build-finished", begin_at_the_readme)
