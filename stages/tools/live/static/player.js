// The video, which plays a moment and stops at its end.

import { find } from "./elements.js";

// Less nobody can watch; as in clips.
const SHORTEST_SECONDS = 0.5;
const video = find("video");
let until = null;

export function show(id) {
  until = null;
  find("play-note").textContent = "";
  video.src = `/video/${encodeURIComponent(id)}`;
}

export function play(moment) {
  until = Math.max(moment.end, moment.start + SHORTEST_SECONDS);
  video.currentTime = moment.start;
  // A browser that does not want to play shows the moment's first picture.
  video.play().catch(() => {});
}

function follow() {
  const at = video.duration ? (100 * video.currentTime) / video.duration : 0;
  document.documentElement.style.setProperty("--at", `${at}%`);
  if (until !== null && video.currentTime >= until) {
    until = null;
    video.pause();
  }
  if (!video.paused) requestAnimationFrame(follow);
}

video.addEventListener("play", follow);
video.addEventListener("seeked", follow);
// Whoever stops it, or goes elsewhere, wants to see more than the moment.
video.addEventListener("pause", () => { until = null; });
video.addEventListener("error", () => {
  find("play-note").textContent = "This browser can't play the video; it can be asked all the same.";
});
