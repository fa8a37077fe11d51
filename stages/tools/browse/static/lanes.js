"use strict";

/** The truth and each method's answer, on the video's time. */
function drawTimeline(one, details, player) {
  const lanes = [drawLane(one, "truth", "truth", [one], null, player)];
  run.methods.forEach((name, method) => {
    const { moments, curves } = details.answers[method];
    // Cells are equal parts of the video.
    const count = Object.values(curves)[0].length;
    const edges = Array.from({ length: count + 1 }, (_, cell) => (cell * one.duration) / count);
    const picture = drawCurves(name, curves, edges, one.duration);
    lanes.push(drawLane(one, name, `s${method % 6}`, moments, method, player, picture));
  });
  const scale = make("div", { class: "lane" }, make("span"), axis(one.duration, 8),
    make("span", { class: "score" }, make("small", {}, "seconds")));
  const timeline = make("div", { class: "timeline", role: "group", "aria-label": "Moments on the video's time" },
    ...lanes, scale);
  return { timeline, moveTo: (time) => moveHeads(timeline, time, one.duration) };
}

function drawLane(one, name, style, moments, method, player, curves) {
  const [{ start, end }] = moments;
  const { duration } = one;
  const score = method === null ? null : verdict(one, method);
  const says = `the moment of ${name}: ${seconds(start)} to ${seconds(end)} s` +
    (method === null ? "" : `, IoU ${twoDigits(one.iou[method])}`);
  // The next moments are there to be looked at.
  const named = (_, rank) => (rank === 1 ? says : null);
  const play = (moment) => player.playPart(moment.start, moment.end);
  const track = drawTrack({ moments, named, duration, play, seek: (time) => player.seek(time), curves });
  const best = track.querySelector(".best");
  best.dataset.key = method === null ? 0 : method + 1;
  best.title += ` (key ${best.dataset.key})`;
  return make("div", { class: `lane ${style}` },
    make("span", { class: "who" }, name),
    track,
    make("span", { class: "score" },
      score && make("b", { class: right(one, method) ? "right" : "wrong" }, score),
      make("small", {}, `${seconds(start)}–${seconds(end)} s`)));
}
