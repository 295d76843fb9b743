"""The built pages: all there, no dead link, nothing that asks for a network."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import check_pages
import pytest
from bs4 import BeautifulSoup

GENERATED = {"genindex.html", "search.html", "py-modindex.html"}
LOADED = "script[src], img[src], iframe[src], source[src], "  # not <a href>
LOADED += "link[rel=stylesheet][href], link[rel=preload][href], link[rel=icon][href]"


@pytest.fixture(scope="module")
def pages(html) -> dict[Path, BeautifulSoup]:
    found = sorted(path for path in html.rglob("*.html") if "_static" not in path.parts)
    return {path: BeautifulSoup(path.read_bytes(), "html.parser") for path in found}


def links(page: BeautifulSoup) -> list[str]:
    return [link["href"] for link in page.select("a[href]")]


def test_every_page_of_the_contents_is_built(html, capsys):
    check_pages.main(html)
    assert str((html / "index.html").resolve()) in capsys.readouterr().out


def test_a_page_that_was_not_built_is_named(tmp_path):
    with pytest.raises(SystemExit, match="chapters/03_dilated_convolution"):
        check_pages.main(tmp_path)


def test_every_link_inside_the_book_leads_somewhere(pages, html):
    dead = []
    anchors = {
        path: {tag.get(key) for key in ("id", "name") for tag in page.select(f"[{key}]")}
        for path, page in pages.items()
    }
    for path, page in pages.items():
        for link in filter(None, links(page)):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = anchors.get(target, {unquote(parts.fragment)}) | {""}
            found = target.exists() and unquote(parts.fragment) in known
            if not found and path.name not in GENERATED:
                dead.append(f"{path.relative_to(html)}: {link}")
    assert dead == []


def test_links_that_leave_the_book_are_secure(pages):
    plain = {link for page in pages.values() for link in links(page) if link.startswith("http:")}
    assert plain <= {"http://www.deeplearningbook.org"}


def test_pages_load_nothing_from_a_network(pages):
    tags = [tag for page in pages.values() for tag in page.select(LOADED)]
    asked = {tag.get("src") or tag.get("href", "") for tag in tags}
    assert {url for url in asked if urlsplit(url).netloc} == set() < asked


def test_sliders_are_announced_where_there_is_no_javascript(html):
    for path in (html / "chapters").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        views = text.count('<script type="application/vnd.jupyter.widget-view+json">')
        pictures = text.count('<noscript><img alt="A still picture of an instrument')
        assert text.count("<noscript><p>Here are sliders") + pictures == views > 0
