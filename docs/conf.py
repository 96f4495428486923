"""How is the site made of the pages? ``make docs``.

The pages are written for a forge, where a link leads to whatever lies in the repository. On the
site it leads to the page that includes that file, where there is one, and is plain text elsewhere.
"""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

project = "Flask-Caching, as a core and plugins"
author = "The Flask-Caching plugins authors"
project_copyright = author
version = release = version_of("flask-caching-core")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["tests"]
root_doc = "index"
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Flask-Caching plugins"
html_theme_options = {"navigation_with_keys": True}
html_copy_source = False
html_show_sourcelink = False

# Docstrings set names in single backticks.
default_role = "literal"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signatures have them
autodoc_preserve_defaults = True

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
INCLUDE = re.compile(r"^```\{include\} (\S+)$", re.MULTILINE)


def included_files() -> dict[Path, str]:
    """Return the files outside of this folder that a page shows, and that page's name."""
    return {
        (page.parent / path).resolve(): page.relative_to(DOCS).with_suffix("").as_posix()
        for page in DOCS.rglob("*.md")
        for path in INCLUDE.findall(page.read_text(encoding="utf-8"))
    }


def lead_into_the_site(app: Sphinx, tree: nodes.document) -> None:
    """Mend the links that leave this folder, and those of a file that lies elsewhere."""
    pages = included_files()
    here = app.env.docname
    folders = [Path(app.env.doc2path(here)).parent]
    folders += [file.parent for file, page in pages.items() if page == here]
    for node in [*tree.findall(addnodes.pending_xref), *tree.findall(addnodes.download_reference)]:
        if node.get("reftype") != "myst":
            continue
        path, _, anchor = node["reftarget"].partition("#")
        name = f"{path}.md" if node.get("refdomain") == "doc" else path
        targets = [(folder / name).resolve() for folder in folders]
        target = next(filter(Path.exists, targets), None)
        if not path or target is None:
            continue  # Sphinx says that it leads nowhere
        readme = target / "README.md" if target.is_dir() else target
        page = pages.get(readme)
        if target.is_relative_to(DOCS) and target.suffix == ".md":
            page = target.relative_to(DOCS).with_suffix("").as_posix()
        if page and page != here:
            node.replace_self(_reference(node, page, anchor))
        elif not target.is_relative_to(DOCS):
            node.replace_self(nodes.inline("", "", *node.children))


def _reference(node: nodes.Element, page: str, anchor: str) -> nodes.Element:
    told = {"reftarget": page, "reftargetid": anchor or node.get("reftargetid")}
    attributes = {**node.attributes, "refdomain": "doc", **told}
    return addnodes.pending_xref("", *node.children, **attributes)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("doctree-read", lead_into_the_site, priority=100)  # before files are gathered
