// The sentence: recorded, sent as a file, or a spoken example; and the noise over it.

import { chosen, guarded, room, tell, update } from "./chosen.js";
import { Microphone } from "./microphone.js";
import { upload } from "./server.js";

// What is heard here is what the methods are asked with.
export function showSound() {
  const { speech } = chosen;
  const noise = pick("#noise").value;
  const over = noise ? `, and ${noise.replaceAll("_", " ")}` : "";
  pick("#proportion").disabled = !noise;
  pick("#heard-name").textContent = speech ? `Asked with ${speech.name}${over}` : "No sentence yet.";
  pick("#sound").hidden = !speech;
  if (speech) {
    const query = noise ? `?${new URLSearchParams({ noise, proportion: pick("#proportion").value })}` : "";
    pick("#sound").src = `/speech/${encodeURIComponent(speech.id)}${query}`;
  } else pick("#sound").removeAttribute("src");
  update();
}

export function takeExample() {
  const example = chosen.video.examples.find((one) => one.id === pick("#examples").value);
  chosen.speech = example ? { id: example.id, name: `“${example.caption}”`, example } : null;
  showSound();
}

export const takeSpeech = guarded(async (blob, name) => {
  tell(`sending ${name} …`);
  const speech = await upload("speech", blob, name, room.limits.speech);
  tell();
  chosen.speech = { id: speech.id, name: `${speech.name} (${speech.seconds.toFixed(1)} s)` };
  pick("#examples").value = "";
  showSound();
});

const microphone = new Microphone(
  (level) => {
    pick("#level").value = level;
  },
  (time) => {
    pick("#clock").textContent = time;
  },
);

function pressed(on) {
  pick("#record").setAttribute("aria-pressed", on);
  pick("#record-text").textContent = on ? "Stop" : "Record";
}

export const record = guarded(async () => {
  if (pick("#record").getAttribute("aria-pressed") === "true") {
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
