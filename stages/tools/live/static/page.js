// The page: what is chosen, and what happens then.

import { ask } from "./answers.js";
import { chosen, guarded, room, tell } from "./chosen.js";
import { find, onDrop, option } from "./elements.js";
import { record, showSound, takeExample, takeSpeech } from "./sentence.js";
import { call, get } from "./server.js";
import { choose, listVideos, takeVideo } from "./videos.js";

async function begin() {
  const first = room.own[0] ?? room.videos[0];
  if (first) await choose(first.id);
  else find("video-note").textContent = "There are no demo videos here; give one of yours.";
}

async function start() {
  Object.assign(room, await get("/api/room"));
  listVideos();
  find("noise").append(...room.noises.map((name) => option(name, name.replaceAll("_", " "))));
  find("add-noise").hidden = !room.noises.length;
  find("formula").textContent = room.mode === "convex" ? "(1 − α) · speech + α · noise" : "speech + α · noise";
  await begin();
}

async function forget() {
  await call("forget");
  room.own = [];
  listVideos();
  if (!chosen.speech?.example) chosen.speech = null;
  if (room.videos.includes(chosen.video)) {
    find("demo").value = chosen.video.id;
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
find("demo").addEventListener("change", () => choose(find("demo").value));
onFile(find("video-file"), takeVideo);
onFile(find("speech-file"), speechFile);
onDrop(find("choose-video"), takeVideo);
onDrop(find("watch"), takeVideo);
onDrop(find("choose-speech"), speechFile);
find("examples").addEventListener("change", takeExample);
find("noise").addEventListener("change", showSound);
find("proportion").addEventListener("input", () => {
  find("alpha").textContent = Number(find("proportion").value).toFixed(2);
});
find("proportion").addEventListener("change", showSound);
find("record").addEventListener("click", record);
find("forget").addEventListener("click", guarded(forget));
find("question").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
guarded(start)();
