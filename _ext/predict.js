// A Predict box waits for the reader's answer, then shows what came out beside it. What was answered is
// kept in this browser alone. Loaded in the head, so that nothing is seen before it is covered.
(function () {
  "use strict";
  const KEY = "dsconv-book";
  const root = document.documentElement;

  // { all: is everything shown, pages: { name: { asked, exercises, said: {box: words}, done: [exercise] } } }
  function recall() {
    try {
      return { all: false, pages: {}, ...JSON.parse(window.localStorage.getItem(KEY)) };
    } catch {
      return { all: false, pages: {} }; // a browser that keeps nothing, or keeps something else
    }
  }

  function keep() {
    try {
      window.localStorage.setItem(KEY, JSON.stringify(memory));
    } catch {
      return; // the page works without, until it is closed
    }
  }

  const memory = recall();
  const searched = /[?&]highlight=/.test(window.location.search); // a search hit may lie in a covered part
  root.dataset.predict = memory.all || searched ? "shown" : "asked";

  function words(form) {
    const chosen = form.querySelector("input[type=radio]:checked");
    if (chosen) return chosen.parentElement.textContent.trim();
    const field = form.querySelector("[name=guess]");
    return field ? field.value.trim() : "";
  }

  function reveal(box, said) {
    document.querySelectorAll(".covered." + box.id).forEach((part) => part.classList.add("open"));
    const form = box.querySelector(".guess");
    const right = form.querySelector(`input[value="${form.dataset.answer}"][type=radio]`);
    if (right) right.closest("li").classList.add("came-out");
    form.querySelectorAll("input, button").forEach((control) => (control.disabled = true));
    box.classList.add("answered");
    box.querySelector(".said").textContent = (said && `You said: ${said}. `) + "What came out:";
  }

  function cover(box) {
    document.querySelectorAll(".covered." + box.id).forEach((part) => part.classList.remove("open"));
    const form = box.querySelector(".guess");
    form.querySelectorAll("input, button").forEach((control) => (control.disabled = false));
    form.querySelectorAll(".came-out").forEach((item) => item.classList.remove("came-out"));
    form.reset();
    box.classList.remove("answered");
    box.querySelector(".said").textContent = "";
  }

  function answer(box, page, said) {
    page.said[box.id] = said;
    keep();
    reveal(box, said);
    count();
  }

  function attend(box, page) {
    const form = box.querySelector(".guess");
    const field = form.querySelector("input[type=range]");
    if (field) {
      const show = () => (field.nextElementSibling.value = field.value);
      field.addEventListener("input", show);
      show();
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const said = words(form);
      if (said) answer(box, page, said);
      else box.querySelector(".said").textContent = "Choose first, or press “Show me”.";
    });
    form.querySelector(".show").addEventListener("click", () => answer(box, page, ""));
    if (box.id in page.said) reveal(box, page.said[box.id]);
  }

  // a link into a covered part opens it
  function follow() {
    const target = window.location.hash && document.getElementById(window.location.hash.slice(1));
    const part = target && (target.closest(".covered") || target.querySelector(".covered"));
    const box = part && document.querySelector(`.predict[id="${part.className.match(/predict-\w{8}/)[0]}"]`);
    if (box && !box.classList.contains("answered")) reveal(box, "");
  }

  // how far the reader is, behind each chapter's name in the contents
  function count() {
    for (const link of document.querySelectorAll("nav.bd-links a.internal")) {
      const path = new URL(link.href).pathname;
      const name = Object.keys(memory.pages).find((page) => path.endsWith(page + ".html"));
      const page = memory.pages[name];
      if (!page) continue;
      const told = Object.keys(page.said).length;
      const all = told >= page.asked && page.done.length >= page.exercises;
      const note = link.querySelector(".progress-note") || link.appendChild(document.createElement("span"));
      note.className = "progress-note";
      note.textContent = all ? "✓" : `${told + page.done.length}/${page.asked + page.exercises}`;
      note.title = `${told} of ${page.asked} predictions, ${page.done.length} of ${page.exercises} exercises`;
    }
    const bar = document.querySelector(".predict-bar");
    const page = bar && memory.pages[bar.dataset.page];
    if (!page) return;
    bar.querySelector(".tally").textContent = `${Object.keys(page.said).length} of ${page.asked} predicted`;
  }

  function tick(exercise, page) {
    const name = exercise.dataset.exercise;
    exercise.checked = page.done.includes(name);
    exercise.addEventListener("change", () => {
      page.done = page.done.filter((other) => other !== name);
      if (exercise.checked) page.done.push(name);
      keep();
      count();
    });
  }

  function forget(boxes, exercises, page) {
    memory.pages = {};
    Object.assign(page, { said: {}, done: [] });
    memory.pages[document.querySelector(".predict-bar").dataset.page] = page;
    keep();
    boxes.forEach(cover);
    exercises.forEach((exercise) => (exercise.checked = false));
    document.querySelectorAll(".progress-note").forEach((note) => note.remove());
    count();
  }

  function start() {
    const bar = document.querySelector(".predict-bar");
    if (!bar) return count();
    const boxes = [...document.querySelectorAll(".guess")].map((form) => form.closest(".predict"));
    const exercises = [...document.querySelectorAll("[data-exercise]")];
    const page = { said: {}, done: [], ...memory.pages[bar.dataset.page] };
    Object.assign(page, { asked: boxes.length, exercises: exercises.length });
    memory.pages[bar.dataset.page] = page;
    const ours = new Set(boxes.map((box) => box.id)); // a question that was rewritten is asked again
    page.said = Object.fromEntries(Object.entries(page.said).filter(([name]) => ours.has(name)));
    boxes.forEach((box) => attend(box, page));
    exercises.forEach((exercise) => tick(exercise, page));
    const everything = bar.querySelector(".show-all");
    everything.checked = root.dataset.predict === "shown";
    everything.addEventListener("change", () => {
      memory.all = everything.checked;
      root.dataset.predict = memory.all ? "shown" : "asked";
      keep();
    });
    bar.querySelector(".forget").addEventListener("click", () => forget(boxes, exercises, page));
    window.addEventListener("hashchange", follow);
    follow();
    count();
  }

  document.addEventListener("DOMContentLoaded", start);
})();
