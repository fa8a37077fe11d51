"use strict";

/** Bars of the truth and of each method's first moment on the video's time, and the curves behind them. */
function drawTimeline(one, details, player) {
  const lanes = [lane(one, "truth", "truth", [[one.start, one.end]], null, player)];
  run.methods.forEach((name, method) => {
    const { moments, ...curves } = details.answers[method];
    lanes.push(lane(one, name, `s${method % 6}`, moments, method, player, curves));
  });
  const scale = make("div", { class: "lane" }, make("span"),
    make("div", { class: "track bare" }, axis(one.duration, 8)), make("span", { class: "score" }, "seconds"));
  const timeline = make("div", { class: "timeline", role: "group", "aria-label": "Moments on the video's time" },
    ...lanes, scale);
  return { timeline, moveTo: (time) => timeline.style.setProperty("--at", `${(100 * time) / one.duration}%`) };
}

function lane(one, name, style, moments, method, player, curves) {
  const [[from, to], ...others] = moments;
  const share = (time) => `${(100 * Math.min(time, one.duration)) / one.duration}%`;
  const span = (element, [start, end]) => {
    element.style.left = share(start);
    element.style.width = `calc(${share(end)} - ${share(start)})`;
    return element;
  };
  const key = method === null ? 0 : method + 1;
  const score = method === null ? null : verdict(one, method);
  const says = `Play the moment of ${name}: ${seconds(from)} to ${seconds(to)} s` +
    (method === null ? "" : `, IoU ${twoDigits(one.iou[method])}`);
  const bar = make("button", {
    type: "button", class: `bar ${style}`, "aria-label": says, title: `${says} (key ${key})`,
    onclick: (event) => {
      event.stopPropagation();
      player.playPart(from, to);
    },
  });
  bar.dataset.key = key;
  const track = make("div", {
    class: "track",
    onclick: (event) => {
      const { left, width } = track.getBoundingClientRect();
      player.seek(Math.max(0, Math.min(1, (event.clientX - left) / width)) * one.duration);
    },
  }, span(bar, [from, to]));
  if (others.length) {
    track.append(make("div", { class: "others", "aria-hidden": "true" }, ...others.map((moment) =>
      make("div", {}, span(make("i", { class: `bar ${style}` }), moment)))));
  }
  if (curves) track.append(drawCurves(name, style, curves));
  track.append(make("i", { class: "head", "aria-hidden": "true" }));
  return make("div", { class: "lane" },
    make("span", { class: "who" }, name),
    track,
    make("span", { class: "score" },
      score && make("b", { class: right(one, method) ? "right" : "wrong" }, score),
      make("small", {}, `${seconds(from)}–${seconds(to)} s`)));
}

/** Where a method thinks the moment starts (solid) and ends (dashed). */
function drawCurves(name, style, { start, end, peak }) {
  const [starts, ends] = [bytes(start), bytes(end)];
  const path = (values) => [...values].map((value, cell) => `${cell ? "L" : "M"}${cell} ${255 - value}H${cell + 1}`);
  const picture = draw("svg", {
    class: `curves ${style}`, viewBox: `0 -8 ${starts.length} 271`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${name}: probability of start and end, highest ${peak.toFixed(2)}`,
  });
  picture.append(
    draw("path", { class: "start-area", d: `${path(starts).join("")}V255H0Z` }),
    draw("path", { class: "start", d: path(starts).join("") }),
    draw("path", { class: "end", d: path(ends).join("") }));
  return picture;
}
