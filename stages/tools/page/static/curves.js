"use strict";

// What an answer may say of each cell of the video, in the order of the legend. Each name is a class in CSS too.
const CURVES = { p_start: "probability of start", p_end: "probability of end", relevance: "relevance" };

const curvesIn = (answer) => Object.keys(CURVES).filter((curve) => curve in answer);

/** A line with a step over each cell, in a box of 1000 x 100. Cell n lasts from edges[n] to edges[n + 1]. */
function drawSteps(values, edges, duration, peak) {
  const x = (time) => ((1000 * time) / duration).toFixed(1);
  const y = (value) => (98 - (94 * value) / peak).toFixed(1);
  return [...values].map((value, cell) => `${cell ? "L" : "M"}${x(edges[cell])} ${y(value)}H${x(edges[cell + 1])}`).join("");
}

/** Those of the `CURVES` that an answer has, on one scale; the first is filled. */
function drawCurves(name, answer, edges, duration) {
  const found = curvesIn(answer);
  const peak = Math.max(...found.map((curve) => Math.max(...answer[curve])));
  const paths = found.map((curve) => drawSteps(answer[curve], edges, duration, peak || 1));
  return draw("svg", {
    class: "curves", viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img",
    "aria-label": `${name}: ${found.map((curve) => CURVES[curve]).join(", ")}; highest ${peak.toFixed(2)}`,
  },
  draw("path", { class: "area", d: `${paths[0]}V98H0Z` }),
  ...paths.map((path, place) => draw("path", { class: found[place], d: path })));
}

/** A legend that has a sentence on the bars, and no curve yet. */
const drawLegend = (sentence) => make("p", { class: "legend" }, sentence);

/** Name those curves of an answer that the legend does not name yet. */
function addToLegend(legend, answer) {
  for (const curve of curvesIn(answer)) {
    if (legend.querySelector(`.${curve}`)) continue;
    const line = draw("svg", { class: "sample", viewBox: "0 0 24 10", "aria-hidden": "true" });
    line.append(draw("path", { class: curve, d: "M0 5H24" }));
    legend.append(make("span", {}, line, ` ${CURVES[curve]}`));
  }
}
