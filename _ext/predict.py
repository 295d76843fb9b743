"""Ask before telling: a Predict box takes an answer, and what follows waits for it.

In a chapter a box is an admonition of the class ``predict`` with a question in it; then a list of
two to four choices, or none where the page shall ask for a number; then a folded admonition of the
class ``answer``, which holds a value glued from a cell below. Among choices, the glued value is one
of them, word for word. A box of the class ``from-0-to-100`` asks for its number with a slider.

Covered until the reader has answered: the answer, what the next cells put out, and the first
paragraph after them. A page without JavaScript, and a page on paper, covers nothing.
"""

import hashlib
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)
SLIDER = re.compile(r"from-(\d+)-to-(\d+)")
BAR = """<div class="predict-bar" data-page="{page}">
<label><input type="checkbox" role="switch" class="show-all"> Show every answer</label>
<span class="tally" role="status"></span>
<button type="button" class="forget">Forget my answers</button>
</div>"""
NUMBER = (
    '<p><label>Your number: <input type="number" step="any" inputmode="decimal" name="guess"'
    ' autocomplete="off"></label></p>'
)
RANGE = (
    '<p><label>Your number: <input type="range" name="guess" min="{low}" max="{high}">'
    " <output></output></label></p>"
)
BUTTONS = """<p class="buttons"><button type="submit">This is my prediction</button>
<button type="button" class="show">Show me</button></p></form>
<p class="said" role="status"></p>"""
DONE = (
    '<p class="exercise-done"><label><input type="checkbox" data-exercise="{name}">'
    " I have done this exercise</label></p>"
)


def ask(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Turn the Predict boxes of a page into questions that wait for an answer."""
    boxes = [box for box in doctree.findall(nodes.admonition) if waits(box)]
    if app.builder.format != "html" or not boxes:
        return
    for box in boxes:
        question = box.children[1].astext()
        name = "predict-" + hashlib.md5(question.encode(), usedforsecurity=False).hexdigest()[:8]
        box["ids"].append(name)
        for node in what_waits(box):
            node["classes"] += ["covered", name]
        question_form(box, name)
    title = next(doctree.findall(nodes.title))
    title.parent.insert(title.parent.index(title) + 1, html(BAR.format(page=page)))
    for section in doctree.findall(nodes.section):
        if number := re.match(r"Exercise ([\w.]+)", section.children[0].astext()):
            section.insert(1, html(DONE.format(name=number[1])))


def waits(box: nodes.Element) -> bool:
    """Tell a Predict box that has its answer with it."""
    has_answer = any("answer" in node.get("classes", []) for node in box.children[1:])
    return "predict" in box["classes"] and has_answer


def what_waits(box: nodes.Element) -> list[nodes.Element]:
    """Find what gives the answer away: outputs of the next cells, and one paragraph after."""
    waiting = []
    for node in box.parent.children[box.parent.index(box) + 1 :]:
        classes = node.get("classes", []) if isinstance(node, nodes.Element) else []
        if isinstance(node, nodes.section) or "predict" in classes:
            break
        if "cell" in classes:
            waiting += [part for part in node.children if "cell_output" in part["classes"]]
        elif waiting:
            return [*waiting, node] if isinstance(node, nodes.paragraph) else waiting
    return waiting


def question_form(box: nodes.Element, name: str) -> None:
    """Make a form of the choices, or of a field for a number; cover the answer below it.

    Warns of an answer that no cell computed, and of choices among which it is not.
    """
    answer = next(node for node in box.children[1:] if "answer" in node.get("classes", []))
    glued = next((n.astext() for n in answer.findall(is_glued)), None)
    if glued is None:
        LOG.warning("the answer to %r holds no glued value", box.children[1].astext(), location=box)
        return
    choices = next((node for node in box.children if isinstance(node, nodes.bullet_list)), None)
    right = glued
    if choices:
        words = [item.astext() for item in choices.children]
        right = words.index(glued) if glued in words else None
        if right is None or not 2 <= len(words) <= 4:
            LOG.warning("the answer %r is none of 2 to 4 choices, %s", glued, words, location=box)
        offer(choices, name)
    slider = next(filter(None, map(SLIDER.fullmatch, box["classes"])), None)
    field = RANGE.format(low=slider[1], high=slider[2]) if slider else NUMBER
    at = box.index(answer)
    revealed = nodes.container("", *answer.children[1:], classes=["answer", "covered", name])
    start = html(f'<form class="guess" data-answer="{right}">')
    asked = [choices] if choices else [html(field)]
    kept = [node for node in box.children[:at] if node is not choices]
    box.children = []
    box += [*kept, start, *asked, html(BUTTONS), revealed]


def offer(choices: nodes.bullet_list, name: str) -> None:
    """Put a radio button before each choice."""
    choices["classes"].append("choices")
    for number, item in enumerate(choices.children):
        words = item.children[0]
        radio = f'<label><input type="radio" name="{name}" value="{number}"> '
        words.children = [html(radio), *words.children, html("</label>")]


def is_glued(node: nodes.Node) -> bool:
    """Tell a value that a cell has glued from words that were typed."""
    return isinstance(node, nodes.Element) and "pasted-text" in node.get("classes", [])


def html(text: str) -> nodes.raw:
    """Put a piece of HTML among the nodes of a page."""
    return nodes.raw("", text, format="html")


def setup(app: Sphinx) -> dict:
    """Join the build, after the glued values have come to their places."""
    app.connect("doctree-resolved", ask)
    app.add_js_file("offline/predict.js")
    app.add_css_file("offline/predict.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
