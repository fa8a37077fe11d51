// What the methods answered: a lane for each, over the time of the video.

import { clock, make } from "./elements.js";

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Steps of equal height over each cell, in a box of 1000 x 100.
function steps(curve, edges, duration, peak) {
  const x = (time) => ((1000 * time) / duration).toFixed(1);
  const y = (value) => (98 - (94 * value) / peak).toFixed(1);
  return curve.map((value, n) => `${n ? "L" : "M"}${x(edges[n])} ${y(value)}H${x(edges[n + 1])}`).join("");
}

function curves(answer) {
  const peak = Math.max(...answer.p_start, ...answer.p_end);
  const path = (curve, name) => svg("path", { class: name, d: steps(curve, answer.edges, answer.duration, peak) });
  return svg(
    "svg",
    { class: "curves", viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" },
    path(answer.p_start, "starts"),
    path(answer.p_end, "ends"),
  );
}

function bar(moment, duration, kind, label, play) {
  const button = make("button", { type: "button", className: `bar ${kind}`, title: label });
  button.setAttribute("aria-label", `Play ${label}`);
  button.style.left = `${(100 * moment.start) / duration}%`;
  button.style.width = `${(100 * (moment.end - moment.start)) / duration}%`;
  button.addEventListener("click", () => play(moment));
  return button;
}

// As `Moment` prints itself: of a brief one, tenths tell too little.
function span({ start, end }) {
  const digits = end - start >= 1 ? 1 : 2;
  return `${clock(start, digits)} to ${clock(end, digits)}`;
}

const head = () => make("i", { className: "head" });

// The moment that a spoken example means.
export function truthLane(example, duration, play) {
  const track = make("div", { className: "track" }, bar(example, duration, "best", `the true moment, ${span(example)}`, play), head());
  const title = make("div", { className: "title" }, make("h2", { textContent: "what was meant" }), make("span", { textContent: span(example) }));
  return make("div", { className: "lane true" }, title, track);
}

// From noisy sound to moments: what each part took.
function latency(answer) {
  const parts = Object.entries(answer.seconds).filter(([part]) => part !== "speech");
  const total = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  const text = (seconds) => `${(1000 * seconds).toFixed(1)} ms`;
  return { total: text(total), parts: parts.map(([part, seconds]) => `${part} ${text(seconds)}`).join(", ") };
}

export function lane(method, answer, play) {
  const [best, ...others] = answer.moments;
  const named = (moment, rank) => `${method.name}, moment ${rank} of ${answer.moments.length}: ${span(moment)}, score ${moment.score.toFixed(3)}`;
  const track = make("div", { className: "track" }, bar(best, answer.duration, "best", named(best, 1), play));
  others.forEach((moment, n) => {
    const thin = bar(moment, answer.duration, "other", named(moment, n + 2), play);
    thin.style.top = `${22 + 7 * n}px`;
    track.append(thin);
  });
  track.style.height = `${21 + 7 * others.length}px`;
  track.append(head());
  const { total, parts } = latency(answer);
  const title = make(
    "div",
    { className: "title" },
    make("h2", { textContent: method.name }),
    make("span", { className: "soft", textContent: method.listens ? "raw speech" : "recogniser, then its text" }),
    make("span", { className: "total", textContent: total }),
  );
  const found = make("p", {}, make("span", { className: "best-text", textContent: span(best) }), `, score ${best.score.toFixed(3)}`);
  const element = make("div", { className: `lane s${method.style % 6}` }, title, track, curves(answer), found);
  if (answer.words !== null) element.append(make("p", { className: "words", textContent: `understood: “${answer.words.trim()}”` }));
  answer.notes.forEach((note) => element.append(make("p", { className: "soft", textContent: `note: ${note}` })));
  element.append(make("p", { className: "parts", textContent: parts }));
  return element;
}

export function axis(duration) {
  const times = [0, 0.25, 0.5, 0.75, 1].map((part) => part * duration);
  const element = make("div", { className: "axis" });
  element.setAttribute("aria-hidden", "true");
  times.forEach((time) => {
    const mark = make("span", { textContent: clock(time) });
    mark.style.left = `${(100 * time) / duration}%`;
    element.append(mark);
  });
  return element;
}

export function legend() {
  const sample = (name) => svg("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H26" }));
  return make("p", { className: "legend" }, "Thick bar: the best moment; thin: the next ones. ", sample("starts"), " starts here, ", sample("ends"), " ends here. Times: from sound to moments; the video is described before.");
}
