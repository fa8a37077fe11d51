// The page: what is chosen, and what happens then. `pick`, `make` and the timeline are of stages/tools/page, whose
// scripts are no modules: every module sees them.

import { ask } from "./answers.js";
import { chosen, guarded, room, tell } from "./chosen.js";
import { onDrop } from "./drop.js";
import { record, showSound, takeExample, takeSpeech } from "./sentence.js";
import { call, get } from "./server.js";
import { choose, listVideos, takeVideo } from "./videos.js";

async function begin() {
  const first = room.own[0] ?? room.videos[0];
  if (first) await choose(first.id);
  else pick("#video-note").textContent = "There are no demo videos here; give one of yours.";
}

async function start() {
  Object.assign(room, await get("/api/room"));
  listVideos();
  pick("#noise").append(...room.noises.map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
  pick("#add-noise").hidden = !room.noises.length;
  pick("#formula").textContent = room.mode === "convex" ? "(1 − α) · speech + α · noise" : "speech + α · noise";
  await begin();
}

async function forget() {
  await call("forget");
  room.own = [];
  listVideos();
  if (!chosen.speech?.example) chosen.speech = null;
  if (room.videos.includes(chosen.video)) {
    pick("#demo").value = chosen.video.id;
    showSound();
  } else await begin();
  tell("your files are removed");
}

// A file that is chosen by hand.
function onFile(input, take) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
  });
}

const speechFile = (file) => takeSpeech(file, file.name);
pick("#demo").addEventListener("change", () => choose(pick("#demo").value));
onFile(pick("#video-file"), takeVideo);
onFile(pick("#speech-file"), speechFile);
onDrop(pick("#choose-video"), takeVideo);
onDrop(pick("#watch"), takeVideo);
onDrop(pick("#choose-speech"), speechFile);
pick("#examples").addEventListener("change", takeExample);
pick("#noise").addEventListener("change", showSound);
pick("#proportion").addEventListener("input", () => {
  pick("#alpha").textContent = Number(pick("#proportion").value).toFixed(2);
});
pick("#proportion").addEventListener("change", showSound);
pick("#record").addEventListener("click", record);
pick("#forget").addEventListener("click", guarded(forget));
pick("#question").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
guarded(start)();
