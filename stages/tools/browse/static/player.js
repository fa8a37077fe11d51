"use strict";

/** A video that plays parts of itself, or says why it can't. `tell` hears the time while it changes. */
function makePlayer(one, tell) {
  const { id, file, why } = run.videos[one.video];
  const box = make("div", { class: "video" });
  const player = { box, element: null, seek: tell, toggle() {}, playPart: (from) => tell(from), stop() {} };
  const fail = (reason) => {
    player.element = null;
    player.seek = tell;
    player.toggle = () => {};
    player.playPart = (from) => tell(from);
    box.replaceChildren(make("p", { class: "notice", role: "note" }, reason));
  };
  if (file === null) {
    fail(`No video of ${id}. ${why}`);
    return player;
  }
  const video = make("video", { src: file, controls: true, playsinline: true, preload: "metadata" });
  const unplayable = () => {
    const kind = file.split(".").pop();
    fail(`This browser can't play ${file} (a .${kind} file), or the file is gone. Another player or browser may; ` +
      `as H.264 in .mp4 every browser plays it.`);
    box.append(make("p", {}, make("a", { href: file }, "The file")));
  };
  video.addEventListener("error", unplayable);
  // Some browsers play the sound alone of what they can't show.
  video.addEventListener("loadedmetadata", () => video.videoWidth || unplayable());
  let until = Infinity;
  const follow = () => {
    if (!video.isConnected) return;
    if (video.currentTime >= until) {
      until = Infinity;
      video.pause();
    }
    tell(video.currentTime);
    if (!video.paused) requestAnimationFrame(follow);
  };
  video.addEventListener("play", follow);
  video.addEventListener("seeked", follow);
  box.append(video);
  player.element = video;
  // A broken-off play is no fault: another case was opened.
  const play = () => video.play().catch(() => {});
  player.seek = (time) => {
    until = Infinity;
    video.currentTime = time;
    tell(time);
  };
  player.toggle = () => {
    until = Infinity;
    if (video.paused) play();
    else video.pause();
  };
  player.playPart = (from, to) => {
    player.seek(from);
    until = to;
    play();
  };
  player.stop = () => {
    video.removeEventListener("error", unplayable);
    video.pause();
    video.removeAttribute("src");
    video.load();
  };
  return player;
}
