// The sentence: recorded, sent as a file, or a spoken example; and the noise over it.

import { chosen, guarded, room, tell, update } from "./chosen.js";
import { find } from "./elements.js";
import { Microphone } from "./microphone.js";
import { upload } from "./server.js";

// What is heard here is what the methods are asked with.
export function showSound() {
  const { speech } = chosen;
  const noise = find("noise").value;
  const over = noise ? `, and ${noise.replaceAll("_", " ")}` : "";
  find("proportion").disabled = !noise;
  find("heard-name").textContent = speech ? `Asked with ${speech.name}${over}` : "No sentence yet.";
  find("sound").hidden = !speech;
  if (speech) {
    const query = noise ? `?${new URLSearchParams({ noise, proportion: find("proportion").value })}` : "";
    find("sound").src = `/speech/${encodeURIComponent(speech.id)}${query}`;
  } else find("sound").removeAttribute("src");
  update();
}

export function takeExample() {
  const example = chosen.video.examples.find((one) => one.id === find("examples").value);
  chosen.speech = example ? { id: example.id, name: `“${example.caption}”`, example } : null;
  showSound();
}

export const takeSpeech = guarded(async (blob, name) => {
  tell(`sending ${name} …`);
  const speech = await upload("speech", blob, name, room.limits.speech);
  tell();
  chosen.speech = { id: speech.id, name: `${speech.name} (${speech.seconds.toFixed(1)} s)` };
  find("examples").value = "";
  showSound();
});

const microphone = new Microphone(
  (level) => {
    find("level").value = level;
  },
  (time) => {
    find("clock").textContent = time;
  },
);

function pressed(on) {
  find("record").setAttribute("aria-pressed", on);
  find("record-text").textContent = on ? "Stop" : "Record";
}

export const record = guarded(async () => {
  if (find("record").getAttribute("aria-pressed") === "true") {
    microphone.stop();
    return;
  }
  pressed(true);
  let blob;
  try {
    blob = await microphone.record();
  } finally {
    pressed(false);
  }
  await takeSpeech(blob, "your recording");
});
