// What pages with sliders need. Loaded after require.js and before embed-amd.js.
(function () {
  "use strict";
  if (window.dsconvPage) return;
  window.dsconvPage = true;

  // Where this script lies, fonts and anywidget.js lie too: look there before any network.
  window.requirejs.config({ baseUrl: document.currentScript.src.replace(/page\.js.*$/, "") });

  // The widgets call MathJax 2; the book carries MathJax 3, loaded when the page has been read.
  document.addEventListener("DOMContentLoaded", function () {
    window.MathJax = window.MathJax || {}; // a page without formulas loads none
    window.MathJax.Hub = {
      Queue: function (job) {
        if (window.MathJax.typesetPromise) window.MathJax.typesetPromise(job[2] ? [job[2]] : undefined);
      },
    };
  });

  // A slider handle tells a screen reader its name, its value, and what the picture now shows.
  function label(box) {
    const handle = box.querySelector(".noUi-handle");
    const name = box.querySelector(".widget-label");
    const readout = box.querySelector(".widget-readout");
    if (!handle || !name || !readout) return;
    const explorer = box.parentElement;
    const picture = explorer && explorer.querySelector("figure.explorer img");
    const words = name.textContent + " " + readout.textContent;
    const set = function (key, value) {
      if (handle.getAttribute(key) !== value) handle.setAttribute(key, value);
    };
    set("aria-label", name.textContent);
    set("aria-valuetext", picture ? words + ". " + picture.alt : words);
  }

  function labelAll() {
    document.querySelectorAll(".widget-hslider").forEach(label);
  }

  document.addEventListener("DOMContentLoaded", function () {
    if (!document.querySelector("script[type='application/vnd.jupyter.widget-view+json']")) return;
    new MutationObserver(labelAll).observe(document.querySelector("article") || document.body, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
})();
