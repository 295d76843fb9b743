"""Check that every page of _toc.yml became an HTML page, and say where the book begins.

    python _ext/check_pages.py [HTML_FOLDER]

Jupyter Book 2 ignores both configuration files and would build nothing, without a complaint.
"""

import sys
from pathlib import Path

import yaml

BOOK = Path(__file__).parent.parent


def pages(node: object) -> list[str]:
    """Collect every file that a table of contents names, in reading order."""
    if isinstance(node, list):
        return [page for child in node for page in pages(child)]
    if not isinstance(node, dict):
        return []
    own = [node[key] for key in ("root", "file") if key in node]
    return own + [page for child in node.values() for page in pages(child)]


def contents() -> list[str]:
    """Name every page of the book, in reading order."""
    return pages(yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8")))


def main(html: Path) -> None:
    """Compare the table of contents with the folder of HTML pages."""
    named = contents()
    missing = [page for page in named if not (html / f"{page}.html").is_file()]
    if missing or not named:
        raise SystemExit(f"not built: {', '.join(missing) or 'no page is named in _toc.yml'}")
    print(f"{len(named)} pages. Open {(html / 'index.html').resolve()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else BOOK / "_build" / "html")
