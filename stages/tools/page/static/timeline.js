"use strict";

/** Where a time lies between a track's left end and its right one. */
const share = (time, duration) => `${(100 * Math.max(0, Math.min(time, duration))) / duration}%`;

/** Put the play heads of all tracks in an element at a time. */
const moveHeads = (element, time, duration) => element.style.setProperty("--at", share(time, duration));

const drawPlayHead = () => make("i", { class: "head", "aria-hidden": "true" });

/** A moment: a button that plays it, or a mere mark where it has no name. */
function drawBar(moment, kind, name, duration, play) {
  const says = `Play ${name}`;
  const onclick = (event) => {
    event.stopPropagation();
    play(moment);
  };
  const bar = name ? make("button", { type: "button", class: `bar ${kind}`, "aria-label": says, title: says, onclick })
    : make("i", { class: `bar ${kind}`, "aria-hidden": "true" });
  bar.style.left = share(moment.start, duration);
  bar.style.width = `calc(${share(moment.end, duration)} - ${share(moment.start, duration)})`;
  return bar;
}

/**
 * The video's time from left to right. A thick bar is the best moment, thin ones below are the next; then come the
 * curves. `named(moment, rank)` is what a bar plays, in words. `seek`, if there, takes the time that is clicked.
 */
function drawTrack({ moments, named, duration, play, seek, curves }) {
  const bars = moments.map((moment, place) =>
    drawBar(moment, place ? "other" : "best", named(moment, place + 1), duration, play));
  const onclick = seek && ((event) => {
    const { left, width } = track.getBoundingClientRect();
    seek(Math.max(0, Math.min(1, (event.clientX - left) / width)) * duration);
  });
  const track = make("div", { class: seek ? "track seeks" : "track", onclick }, ...bars, curves, drawPlayHead());
  return track;
}
