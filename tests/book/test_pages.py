"""The built pages: all there, no dead link, nothing that asks for a network."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import check_pages
import pytest

GENERATED = {"genindex.html", "search.html", "py-modindex.html"}
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src"}  # not <a href>


class Page(HTMLParser):
    """Collect a page's links, its anchors and everything a browser would load for it."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.loaded: list[str] = []
        self.alts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.anchors |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "preload", "icon"):
            self.loaded.append(attributes.get("href", ""))
        if tag in LOADING and attributes.get(LOADING[tag]):
            self.loaded.append(attributes[LOADING[tag]])
        if tag == "img":
            self.alts.append((attributes.get("src", "")[:60], attributes.get("alt") or ""))


@pytest.fixture(scope="module")
def pages(html) -> dict[Path, Page]:
    found = sorted(path for path in html.rglob("*.html") if "_static" not in path.parts)
    return {path: Page(path.read_text(encoding="utf-8")) for path in found}


def test_every_page_of_the_contents_is_built(html, capsys):
    check_pages.main(html)
    assert str((html / "index.html").resolve()) in capsys.readouterr().out


def test_a_page_that_was_not_built_is_named(tmp_path):
    with pytest.raises(SystemExit, match="chapters/03_dilated_convolution"):
        check_pages.main(tmp_path)


def test_every_link_inside_the_book_leads_somewhere(pages, html):
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].anchors if target in pages else set()
            found = target.exists() and (
                not parts.fragment or target not in pages or unquote(parts.fragment) in anchors
            )
            if not found and path.name not in GENERATED:
                dead.append(f"{path.relative_to(html)}: {link}")
    assert dead == []


def test_links_that_leave_the_book_are_secure(pages):
    plain = {link for page in pages.values() for link in page.links if link.startswith("http:")}
    assert plain <= {"http://www.deeplearningbook.org"}


def test_pages_load_nothing_from_a_network(pages):
    asked = {url for page in pages.values() for url in page.loaded if urlsplit(url).netloc}
    assert asked == set()


def test_sliders_are_announced_where_there_is_no_javascript(html):
    for path in (html / "chapters").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        views = text.count('<script type="application/vnd.jupyter.widget-view+json">')
        pictures = text.count('<noscript><img alt="A still picture of an instrument')
        assert text.count("<noscript><p>Here are sliders") + pictures == views > 0


def test_every_picture_has_alt_text(pages, html):
    for path, page in pages.items():
        missing = [src for src, alt in page.alts if not alt.strip() or "_images/" in alt]
        assert not missing, f"{path.relative_to(html)}: {missing}"
