"use strict";

// Only the rows in sight are in the page, so 17,000 cases scroll like 60.
const SPARE = 10;
let shown = [];
let current = null;

/** The methods with a column of their own: all, or the compared two where all are too many. */
const listed = () =>
  run.methods.length <= 4 ? run.methods.map((_, method) => method) : [...new Set([choice.over, choice.under])];

const rowHeight = () => parseFloat(getComputedStyle(pick("#list")).getPropertyValue("--row"));

/** Filter and sort again, and draw all that depends on it. */
function refresh() {
  const found = candidates();
  shown = found.filter(OUTCOMES[choice.outcome]);
  drawOutcomes(found);
  drawOnly();
  drawSort();
  pick("#count").textContent =
    shown.length === cases.length ? `${cases.length.toLocaleString("en")} cases`
      : `${shown.length.toLocaleString("en")} of ${cases.length.toLocaleString("en")}`;
  drawHead();
  pick("#scroller").scrollTop = 0;
  keepInSight();
  drawRows();
  drawPosition();
}

function drawOutcomes(found) {
  const [over, under] = [run.methods[choice.over], run.methods[choice.under]];
  const names = choice.over === choice.under
    ? { all: "all", both: "right", neither: "wrong" }
    : { all: "all", wins: `${over} wins`, losses: `${over} loses`, both: "both right", neither: "both wrong" };
  if (!(choice.outcome in names)) choice.outcome = "all";
  const buttons = Object.entries(names).map(([outcome, name]) => {
    const count = found.filter(OUTCOMES[outcome]).length;
    const title = { wins: `${over} right, ${under} wrong`, losses: `${over} wrong, ${under} right` }[outcome];
    return toggle(name, count, choice.outcome === outcome, title, () => (choice.outcome = outcome));
  });
  replaceKeepingFocus(pick("#outcomes"), buttons);
}

function drawOnly() {
  const buttons = Object.entries(ONLY).map(([name, [label, test]]) =>
    toggle(label, cases.filter(test).length, choice.only.has(name), null, () => {
      if (!choice.only.delete(name)) choice.only.add(name);
    }));
  replaceKeepingFocus(pick("#only"), buttons);
}

function toggle(label, count, pressed, title, change) {
  const onclick = () => {
    change();
    refresh();
  };
  const attributes = { type: "button", class: "toggle", "aria-pressed": String(pressed), title, onclick };
  return make("button", attributes, label, make("span", { class: "number" }, count.toLocaleString("en")));
}

function replaceKeepingFocus(parent, children) {
  const place = [...parent.children].indexOf(document.activeElement);
  parent.replaceChildren(...children);
  if (place >= 0) children[Math.min(place, children.length - 1)].focus();
}

function drawSort() {
  const options = Object.entries(sorts()).map(([key, [name]]) =>
    make("option", { value: key, selected: key === choice.sort }, name));
  pick("#sort").replaceChildren(...options);
  pick("#reverse").setAttribute("aria-pressed", String(choice.reversed));
}

/** The columns: the key they sort by, their title, what they mean, the text of a cell. */
function listColumns() {
  const methods = listed().map((method) => [
    `iou${method}`, run.methods[method], `IoU of ${run.methods[method]}`,
    (one) => make("span", { class: right(one, method) ? "right" : "wrong" }, verdict(one, method)),
  ]);
  return [
    ["caption", "query", "what is said", (one) => make("bdi", {}, one.caption)],
    ["length", "s", "length of the moment in seconds", (one) => seconds(one.length)],
    ["snr", "dB", "signal to noise", (one) => (one.snr === null ? "clean" : one.snr.toFixed(1))],
    ...methods,
    ...(choice.over === choice.under ? [] : [[
      "gain", "gain", `IoU of ${run.methods[choice.over]} less that of ${run.methods[choice.under]}`,
      (one) => `${gain(one) > 0 ? "+" : gain(one) < 0 ? "−" : ""}${Math.abs(gain(one)).toFixed(2)}`,
    ]]),
  ];
}

/** An IoU in two digits. Rounded down: 0.4996, which is wrong at 0.5, must not be shown as 0.50. */
const twoDigits = (iou) => (Math.floor(iou * 100 + 1e-9) / 100).toFixed(2);

const verdict = (one, method) => `${right(one, method) ? "✓" : "✗"} ${twoDigits(one.iou[method])}`;

function drawHead() {
  const cells = listColumns().map(([key, name, title]) => {
    const ascending = (sorts()[key][2] === 1) !== choice.reversed;
    const sorted = choice.sort === key ? (ascending ? "ascending" : "descending") : "none";
    const onclick = () => sortBy(key, choice.sort === key && !choice.reversed);
    return make("th", { scope: "col", class: `c-${key}`, "aria-sort": sorted },
      make("button", { type: "button", title: `Sort by ${title}`, onclick }, name));
  });
  const row = pick("#list thead");
  const focused = [...row.querySelectorAll("button")].indexOf(document.activeElement);
  row.replaceChildren(make("tr", {}, ...cells));
  if (focused >= 0) row.querySelectorAll("button")[Math.min(focused, cells.length - 1)].focus();
}

function sortBy(key, reversed) {
  choice.sort = key;
  choice.reversed = reversed;
  refresh();
}

function drawRows() {
  const scroller = pick("#scroller");
  const height = rowHeight();
  const first = Math.max(0, Math.floor(scroller.scrollTop / height) - SPARE);
  const last = Math.min(shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + SPARE);
  const columns = listColumns();
  const rows = shown.slice(first, last).map((one, place) => {
    const chosen = one === current;
    const cells = columns.map(([key, , , content]) => make("td", { class: `c-${key}` }, content(one)));
    const onclick = () => openCase(one);
    return make("tr", {
      id: `row-${one.number}`, "aria-rowindex": first + place + 2, "aria-selected": String(chosen), onclick,
    }, ...cells);
  });
  const spacer = (count) => {
    const row = make("tr", { class: "spacer", "aria-hidden": "true" });
    row.style.height = `${count * height}px`;
    return row;
  };
  const table = pick("#list");
  table.setAttribute("aria-rowcount", shown.length + 1);
  if (current && rows.some((row) => row.id === `row-${current.number}`)) {
    table.setAttribute("aria-activedescendant", `row-${current.number}`);
  } else table.removeAttribute("aria-activedescendant");
  const none = make("tr", { class: "none" },
    make("td", { colspan: columns.length }, "No case fits. Take a filter away."));
  pick("#list tbody").replaceChildren(
    spacer(first), ...(shown.length ? rows : [none]), spacer(shown.length - last));
}

/** Scroll the list so that the current case is in sight. */
function keepInSight() {
  const place = shown.indexOf(current);
  if (place < 0) return;
  const scroller = pick("#scroller");
  const height = rowHeight();
  const head = pick("#list thead").offsetHeight;
  const [top, bottom] = [place * height, (place + 1) * height + head];
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
}

/** Go so many cases on, or back; a case that is filtered out is left for the first. */
function step(count) {
  if (!shown.length) return;
  const place = shown.indexOf(current);
  openCase(shown[place < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, place + count))]);
}

/** Open a case: the address says which, so that it can be sent to somebody. */
function openCase(one) {
  const address = `#case/${encodeURIComponent(one.id)}`;
  if (location.hash === address) route();
  else location.hash = address;
}
