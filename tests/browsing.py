"""What the tests that need a browser share: where Chromium is, and how an instrument is mounted."""

import base64
import os
import shutil

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
FLAGS += ["--disable-component-update", "--no-first-run"]
VIEWS = {
    "desktop": {"viewport": {"width": 1300, "height": 1000}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "dark": {"viewport": {"width": 1300, "height": 1000}, "color_scheme": "dark"},
}
TOUCH = {"touch": VIEWS["desktop"] | {"has_touch": True}}
PATIENCE = 120  # [s] for one state to come, on a machine with much else to do
BLANK = "<!doctype html><html lang='en'><body style='margin:0'><div id='el'></div></body></html>"
# a model as anywidget gives it to render(), without a kernel behind it
MOUNT = """async ([code, state, buffers]) => {
  const decode = (text) => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  for (const [name, text] of Object.entries(buffers)) state[name] = decode(text);
  const heard = {};
  window.model = {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      (heard['change:' + name] || []).forEach((job) => job());
    },
    on(names, job) { names.split(' ').forEach((name) => (heard[name] ||= []).push(job)); },
    off() {},
    save_changes() {},
  };
  const address = URL.createObjectURL(new Blob([code], {type: 'text/javascript'}));
  window.code = await import(address);
  await window.code.default.render({model: window.model, el: document.querySelector('#el')});
}"""


def packed(state: dict) -> tuple[dict, dict]:
    """Split a widget's state into what JSON can hold, and bytes as base64."""
    plain = {name: value for name, value in state.items() if not isinstance(value, bytes)}
    buffers = {
        name: base64.b64encode(value).decode()
        for name, value in state.items()
        if isinstance(value, bytes)
    }
    return plain, buffers
