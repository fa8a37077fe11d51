// The video, which plays a moment and stops at its end.

// Less nobody can watch; as in clips.
const SHORTEST_SECONDS = 0.5;
const video = pick("#video");
let until = null;

export function show(id) {
  until = null;
  pick("#play-note").textContent = "";
  video.src = `/video/${encodeURIComponent(id)}`;
}

export function play(moment) {
  until = Math.max(moment.end, moment.start + SHORTEST_SECONDS);
  video.currentTime = moment.start;
  // A browser that does not want to play shows the moment's first picture.
  video.play().catch(() => {});
}

function follow() {
  if (video.duration) moveHeads(pick("#answers"), video.currentTime, video.duration);
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
  pick("#play-note").textContent = "This browser can't play the video; it can be asked all the same.";
});
