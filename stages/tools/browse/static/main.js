"use strict";

/** An address as it was before it was escaped; one that somebody has mistyped stays as it is. */
function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Show what the address names: results, plots, the list (with its filters), or a case. */
function route() {
  const [place, rest] = location.hash.slice(1).split(/[/?](.*)/s);
  const inCases = place === "cases" || place === "case";
  document.body.className = inCases ? (place === "case" ? "in-cases reading" : "in-cases") : "in-report";
  for (const link of document.querySelectorAll("header nav a")) {
    const here = link.hash === (inCases ? "#cases" : place === "plots" ? "#plots" : "#results");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!inCases) {
    if (player) player.stop();
    if (speech) speech.stop();
    player = speech = current = null;
    (pick(`#${place === "plots" ? "plots" : "results"}`)).scrollIntoView();
    return;
  }
  if (place === "cases" && rest) choose(new URLSearchParams(rest));
  const wide = matchMedia("(min-width: 800px)").matches;
  let one = place === "case" ? cases.find((each) => each.id === unescaped(rest)) : null;
  if (place === "cases" && wide) one = current || shown[0];
  if (one && one !== current) showCase(one);
  if (place === "case" && !one) {
    pick("#case").replaceChildren(make("p", { class: "notice" }, `This run has no case ${unescaped(rest)}.`));
  }
  keepInSight();
  drawRows();
}

/** Take the filters from an address such as #cases?over=vgcl&under=base&outcome=wins. */
function choose(wanted) {
  for (const side of ["over", "under"]) {
    const method = run.methods.indexOf(wanted.get(side));
    if (method >= 0) choice[side] = method;
  }
  if (wanted.get("outcome") in OUTCOMES) choice.outcome = wanted.get("outcome");
  if (wanted.get("sort") in sorts()) choice.sort = wanted.get("sort");
  choice.text = "";
  choice.only.clear();
  choice.reversed = wanted.has("reversed");
  current = null;
  fillForm();
  refresh();
}

function fillForm() {
  for (const side of ["over", "under"]) {
    pick(`#${side}`).replaceChildren(...run.methods.map((name, method) =>
      make("option", { value: method, selected: method === choice[side] }, name)));
  }
  pick("#threshold").replaceChildren(...[0.3, 0.5, 0.7].map((value) =>
    make("option", { value, selected: value === choice.threshold }, String(value))));
  pick("#text").value = choice.text;
  pick("#pair").classList.toggle("single", run.methods.length < 2);
}

/** Under the results: how often each method is right where the first is wrong, as links into the list. */
function drawDuels() {
  if (run.methods.length < 2) return;
  const [first, ...others] = run.methods.map((_, method) => method);
  const link = (over, under, outcome) => {
    const count = cases.filter((one) => {
      const [a, b] = [one.iou[over] >= 0.5, one.iou[under] >= 0.5];
      return outcome === "wins" ? a && !b : b && !a;
    }).length;
    const names = { over: run.methods[over], under: run.methods[under], outcome, sort: "gain", ...(outcome === "losses" && { reversed: "" }) };
    return make("a", { href: `#cases?${new URLSearchParams(names)}` }, count.toLocaleString("en"));
  };
  pick("#duels").replaceChildren(make("ul", {}, ...others.map((other) => make("li", {},
    make("b", {}, run.methods[other]), " is right in ", link(other, first, "wins"), " cases where ",
    make("b", {}, run.methods[first]), " is wrong, and wrong in ", link(other, first, "losses"),
    " where it is right (IoU ≥ 0.5)."))));
}

function listen() {
  const on = (selector, event, action) => pick(selector).addEventListener(event, action);
  const number = (side) => (event) => {
    choice[side] = Number(event.target.value);
    refresh();
  };
  on("#over", "change", number("over"));
  on("#under", "change", number("under"));
  on("#threshold", "change", number("threshold"));
  on("#sort", "change", (event) => sortBy(event.target.value, false));
  on("#reverse", "click", () => sortBy(choice.sort, !choice.reversed));
  on("#text", "input", (event) => {
    choice.text = event.target.value;
    refresh();
  });
  on("#filters", "submit", (event) => event.preventDefault());
  on("#scroller", "scroll", () => requestAnimationFrame(drawRows));
  on("#keys-button", "click", () => pick("#keys").showModal());
  window.addEventListener("resize", drawRows);
  window.addEventListener("hashchange", route);
}

if (typeof cases === "undefined") {
  pick("#case").replaceChildren(make("p", { class: "notice" }, "cases.js is missing: copy this folder again, whole."));
} else {
  fillForm();
  drawDuels();
  listen();
  refresh();
  route();
}
