"""The back matter keeps its promises: no term, claim or question of the book is left out."""

import re
from pathlib import Path

import nbformat
import pytest
from check_pages import BOOK, contents

from dsconv_lib.studies import load_results

CHAPTERS = [BOOK / f"{name}.ipynb" for name in contents() if re.match(r"chapters/\d", name)]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ITALIC = re.compile(r"(?<![\w*])\*(?P<term>[^*\n]+(?:\n[^*\n]+)?)\*(?![\w*])")

# an italic phrase is a definition where the sentence around it defines
BEFORE = re.compile(r"\b(called|named|known as|the name is|calls? it|calls? this pair)"
                    r"( an?| the| its)?$")  # fmt: skip
AFTER = re.compile(r"^(, (also|in full|\w+ is)| \([\u4e00-\u9fff]| \{cite)")


def text_of(page: str) -> str:
    return (BOOK / f"{page}.md").read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"```\{math\}.*?```|\$\$.*?\$\$|`[^`\n]*`", "", text, flags=re.DOTALL)


def definitions(text: str) -> list[str]:
    """Find the italic phrases that their sentence defines, by the words just before and after."""
    found = []
    for match in ITALIC.finditer(text):
        before = re.sub(r"\s+", " ", text[: match.start()][-60:]).rstrip()
        after = re.sub(r"\s+", " ", text[match.end() :][:40])
        if BEFORE.search(before) or AFTER.match(after):
            found.append(re.sub(r"\s+", " ", match["term"]).strip(" .,:"))
    return found


def glossary() -> dict[str, str]:
    """Read the glossary: every term, English or Chinese, and its definition."""
    body = text_of("glossary").split("```{glossary}\n")[1].rsplit("```", 1)[0]
    entries = {}
    for block in body.strip().split("\n\n"):
        *terms, definition = block.splitlines()
        assert definition.startswith("  "), block
        entries |= {term: definition.strip() for term in terms}
    return entries


def known(term: str, terms: set[str]) -> bool:
    term = term.lower()
    bare = re.sub(r"^(a|an|the) ", "", term)
    return bool({term, bare, term + "s", term.removesuffix("s"), term.removesuffix("es")} & terms)


def verdicts(text: str) -> list[str]:
    return re.findall(r"^\| .* \| (yes|partly|no) \| ", text, flags=re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_rule_tells_definitions_from_stress():
    text = "This is called a *leak*. It is *not* *one* thing.\n*Softmax* (归一化) turns\na *tap*"
    assert definitions(text) == ["leak", "Softmax"]


def test_every_term_that_a_chapter_defines_is_in_the_glossary():
    terms = {term.lower() for term in glossary()}
    found = [(path.stem, term) for path in CHAPTERS for term in definitions(prose_of(path))]
    assert len(found) >= 25
    assert [one for one in found if not known(one[1], terms)] == []


def test_every_entry_has_one_sentence_and_one_place():
    for term, definition in glossary().items():
        links = re.findall(r"\{ref\}`[^`<]+ <([\w-]+)>`", definition)
        assert len(links) == 1, term
        sentence = definition.split("{ref}")[0]
        assert sentence.rstrip().endswith("."), term
        assert len(re.findall(r"\. [A-Z]", sentence)) == 0, f"{term}: more than one sentence"


def test_every_entry_has_a_chinese_term():
    entries = set(glossary().values())
    named = {definition for term, definition in glossary().items() if CHINESE.search(term)}
    assert entries - named == set()
    assert re.search(rf"The {len(entries)} terms", text_of("glossary"))


def test_readers_of_the_article_find_their_words():
    words = {"深度可分离卷积", "深度卷积", "逐点卷积", "膨胀卷积", "微调"}
    assert words <= glossary().keys()


def test_the_article_has_rows_for_each_of_its_nine_sections():
    parts = sections(text_of("article"))
    for number in range(1, 10):
        (part,) = [text for name, text in parts.items() if name.startswith(f"{number}. ")]
        assert verdicts(part), f"section {number}"


def test_no_part_of_the_article_is_skipped():
    text = text_of("article")
    assert len(verdicts(sections(text)["2. Concepts (核心概念与联系)"])) >= 8  # one table
    for number, parts in {3: "234", 4: "123", 5: "1234", 8: "1234"}.items():
        for part in parts:
            assert re.search(rf"^(###.*|\| ){number}\.{part}\b", text, flags=re.MULTILINE), part


@pytest.mark.parametrize("question", range(1, 6))
def test_every_question_of_the_article_is_answered_in_the_faq(question):
    assert re.search(rf"^\| Q{question}: .*<sec-faq-q{question}>", text_of("article"), re.MULTILINE)
    faq = prose_of(BOOK / "chapters" / "faq.ipynb")
    assert f"(sec-faq-q{question})=\n## Q{question}." in faq


def test_readers_questions_are_ten_or_more():
    headings = re.findall(r"^## .*\?", prose_of(BOOK / "chapters" / "faq.ipynb"), re.MULTILINE)
    assert len([name for name in headings if not re.match(r"## Q\d", name)]) >= 10


def test_the_tally_is_the_count_of_the_rows():
    text = text_of("article")
    count = [len(verdicts(text)), *map(verdicts(text).count, ("yes", "partly", "no"))]
    said = re.search(r"Of its (\d+) claims.* (\d+) hold, (\d+) hold in part and (\d+) do not", text)
    assert [int(number) for number in said.groups()] == count


def test_no_measured_run_reached_the_losses_that_the_article_prints():
    for loss in load_results("article").values("loss"):
        assert loss[0] > 0.1417
        assert loss[9] > 0.0226


def test_resources_answer_the_article_s_list():
    text = text_of("resources")
    for name in ["Goodfellow", "陈天奇", "Szeliski", "Keras", "Depthwise Separable", "Aggregated"]:
        assert name in text.split("corrected")[1], name


def test_the_faq_trains_nothing():
    cells = nbformat.read(BOOK / "chapters" / "faq.ipynb", as_version=4).cells
    assert not any(re.search(r"\bfit\(", cell.source) for cell in cells)
