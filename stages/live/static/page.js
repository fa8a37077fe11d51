// The page: what is chosen, and what happens then.

import { clock, find, make, onDrop, option } from "./elements.js";
import { Microphone } from "./microphone.js";
import * as player from "./player.js";
import { call, get, upload, wait } from "./server.js";
import { axis, lane, legend, truthLane } from "./timeline.js";

const POLL_MILLISECONDS = 300;
let room = { videos: [], own: [], methods: [], limits: {} };
let chosen = { video: null, ready: null, speech: null };

function tell(status = "", fault = "") {
  find("status").textContent = status;
  find("fault").textContent = fault;
  find("fault").hidden = !fault;
}

// Whatever goes wrong becomes a line that can be read.
const guarded = (action) => async (...given) => {
  try {
    tell();
    await action(...given);
  } catch (error) {
    tell("", error.message);
  }
};

function update() {
  find("ask").disabled = !(chosen.ready && chosen.speech);
}

// The video.

function listVideos() {
  const groups = [["Yours", room.own], ["Demo", room.videos]].filter(([, videos]) => videos.length);
  find("demo").replaceChildren(...groups.map(([label, videos]) => make("optgroup", { label }, ...videos.map((video) => option(video.id, video.name)))));
}

const choose = guarded(async (id) => {
  const video = [...room.own, ...room.videos].find((one) => one.id === id);
  const examples = video.examples ?? [];
  chosen = { video, ready: null, speech: chosen.speech?.example ? null : chosen.speech };
  find("demo").value = id;
  find("answers").replaceChildren();
  find("examples").replaceChildren(option("", "choose …"), ...examples.map((one) => option(one.id, `“${one.caption}” (${one.speaker})`)));
  find("examples-part").hidden = !examples.length;
  find("video-note").textContent = "";
  player.show(id);
  showSound();
  await described(video);
});

async function described(video) {
  find("progress").removeAttribute("value");
  try {
    await pollUntilReady(video);
  } finally {
    if (chosen.video === video) find("progress-part").hidden = true;
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
      find("video-note").textContent = [`${clock(state.duration)} long, ${took}`, ...state.notes].join("; ");
      return;
    }
    if (round) find("progress-part").hidden = false;
    if (state.done) find("progress").value = state.done;
    await wait(POLL_MILLISECONDS);
  }
}

const takeVideo = guarded(async (file) => {
  tell(`sending ${file.name} …`);
  const video = await upload("videos", file, file.name, room.limits.video);
  room.own.unshift(video);
  listVideos();
  await choose(video.id);
});

// The sentence.

function showSound() {
  const { speech } = chosen;
  const noise = find("noise").value;
  find("proportion").disabled = !noise;
  find("heard-name").textContent = speech ? `Asked with ${speech.name}${noise ? `, and ${noise.replaceAll("_", " ")}` : ""}` : "No sentence yet.";
  find("sound").hidden = !speech;
  if (speech) {
    const query = noise ? `?${new URLSearchParams({ noise, proportion: find("proportion").value })}` : "";
    find("sound").src = `/speech/${encodeURIComponent(speech.id)}${query}`;
  } else find("sound").removeAttribute("src");
  update();
}

function takeExample() {
  const example = chosen.video.examples.find((one) => one.id === find("examples").value);
  chosen.speech = example ? { id: example.id, name: `“${example.caption}”`, example } : null;
  showSound();
}

const takeSpeech = guarded(async (blob, name) => {
  tell(`sending ${name} …`);
  const speech = await upload("speech", blob, name, room.limits.speech);
  tell();
  chosen.speech = { id: speech.id, name: `${speech.name} (${speech.seconds.toFixed(1)} s)` };
  find("examples").value = "";
  showSound();
});

const microphone = new Microphone(
  (level) => { find("level").value = level; },
  (time) => { find("clock").textContent = time; },
);

const record = guarded(async () => {
  if (find("record").getAttribute("aria-pressed") === "true") {
    microphone.stop();
    return;
  }
  const pressed = (on) => {
    find("record").setAttribute("aria-pressed", on);
    find("record-text").textContent = on ? "Stop" : "Record";
  };
  pressed(true);
  try {
    const blob = await microphone.record();
    await takeSpeech(blob, "your recording");
  } finally {
    pressed(false);
  }
});

// The answers.

const ask = guarded(async () => {
  const { video, speech, ready } = chosen;
  const noise = find("noise").value;
  const given = { video: video.id, speech: speech.id, noise, proportion: Number(find("proportion").value) };
  const answers = find("answers");
  find("ask").disabled = true;
  answers.replaceChildren(make("p", { className: "said", textContent: find("heard-name").textContent }), legend());
  if (speech.example) answers.append(truthLane(speech.example, ready.duration, player.play));
  try {
    for (const [place, method] of room.methods.entries()) {
      tell(`asking ${method.name} …`);
      const answer = await call("ask", { ...given, method: method.name });
      if (chosen.video !== video) return;
      answers.append(lane(method, place, answer, player.play));
      if (!place) {
        if (answer.snr_db !== null) answers.firstChild.append(`, signal to noise ${answer.snr_db.toFixed(1)} dB`);
        player.play(answer.moments[0]);
        if (innerWidth <= 820) find("watch").scrollIntoView();
      }
    }
    answers.append(axis(ready.duration));
    tell("done");
  } finally {
    update();
  }
});

const forget = guarded(async () => {
  await call("forget");
  room.own = [];
  listVideos();
  if (!chosen.speech?.example) chosen.speech = null;
  if (room.videos.includes(chosen.video)) showSound();
  else await begin();
  tell("your files are removed");
});

async function begin() {
  if (room.own.length || room.videos.length) await choose((room.own[0] ?? room.videos[0]).id);
  else find("video-note").textContent = "There are no demo videos here; give one of yours.";
}

async function start() {
  room = await get("/api/room");
  listVideos();
  find("noise").append(...room.noises.map((name) => option(name, name.replaceAll("_", " "))));
  find("add-noise").hidden = !room.noises.length;
  find("formula").textContent = room.mode === "convex" ? "(1 − α) · speech + α · noise" : "speech + α · noise";
  await begin();
}

find("demo").addEventListener("change", () => choose(find("demo").value));
find("video-file").addEventListener("change", () => find("video-file").files.length && takeVideo(find("video-file").files[0]));
find("speech-file").addEventListener("change", () => find("speech-file").files.length && takeSpeech(find("speech-file").files[0], find("speech-file").files[0].name));
onDrop(find("choose-video"), takeVideo);
onDrop(find("watch"), takeVideo);
onDrop(find("choose-speech"), (file) => takeSpeech(file, file.name));
find("examples").addEventListener("change", takeExample);
find("noise").addEventListener("change", showSound);
find("proportion").addEventListener("input", () => { find("alpha").textContent = Number(find("proportion").value).toFixed(2); });
find("proportion").addEventListener("change", showSound);
find("record").addEventListener("click", record);
find("forget").addEventListener("click", forget);
find("question").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
guarded(start)();
