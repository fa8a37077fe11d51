// The video: a demo one or one's own, described once.

import { chosen, guarded, room, tell, update } from "./chosen.js";
import { show } from "./player.js";
import { showSound } from "./sentence.js";
import { call, upload, wait } from "./server.js";

const POLL_MILLISECONDS = 300;

export function listVideos() {
  const groups = [["Yours", room.own], ["Demo, not seen in training by any method", room.videos]].filter(([, videos]) => videos.length);
  const listed = groups.map(([label, videos]) => make("optgroup", { label }, ...videos.map((one) => make("option", { value: one.id }, one.name))));
  pick("#demo").replaceChildren(...listed);
}

export const choose = guarded(async (id) => {
  const video = [...room.own, ...room.videos].find((one) => one.id === id);
  const examples = video.examples ?? [];
  // An example is about its own video; what one has said may be asked of any.
  const speech = chosen.speech?.example ? null : chosen.speech;
  Object.assign(chosen, { video, ready: null, speech });
  pick("#demo").value = id;
  pick("#answers").replaceChildren();
  const spoken = examples.map((one) => make("option", { value: one.id }, `“${one.caption}” (${one.speaker})`));
  pick("#examples").replaceChildren(make("option", { value: "" }, "choose …"), ...spoken);
  pick("#examples-part").hidden = !examples.length;
  pick("#video-note").textContent = "";
  show(id);
  showSound();
  await described(video);
});

async function described(video) {
  pick("#progress").removeAttribute("value");
  try {
    await pollUntilReady(video);
  } finally {
    if (chosen.video === video) pick("#progress-part").hidden = true;
    update();
  }
}

async function pollUntilReady(video) {
  for (let round = 0; chosen.video === video; round += 1) {
    const state = await call("describe", { video: video.id });
    if (chosen.video !== video) return;
    if (state.ready) {
      chosen.ready = state;
      const took = state.from_cache ? "was described before" : `described in ${state.seconds.toFixed(1)} s`;
      pick("#video-note").textContent = [`${clock(state.duration)} long, ${took}`, ...state.notes].join("; ");
      return;
    }
    // A short one is ready before anybody reads that it is not.
    if (round) pick("#progress-part").hidden = false;
    if (state.done) pick("#progress").value = state.done;
    await wait(POLL_MILLISECONDS);
  }
}

export const takeVideo = guarded(async (file) => {
  tell(`sending ${file.name} …`);
  const video = await upload("videos", file, file.name, room.limits.video);
  room.own.unshift(video);
  listVideos();
  await choose(video.id);
});
