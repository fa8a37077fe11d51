// What there is, what is chosen of it, and the lines that say how it goes.

import { find } from "./elements.js";

export const room = { videos: [], own: [], methods: [], noises: [], limits: {} };

// `ready` is the chosen video's description; `speech.example` is there for a spoken example.
export const chosen = { video: null, ready: null, speech: null };

export function tell(status = "", fault = "") {
  find("status").textContent = status;
  find("fault").textContent = fault;
  find("fault").hidden = !fault;
  // On a phone it stands below what was just touched.
  if (fault) find("fault").scrollIntoView({ block: "nearest" });
}

// Whatever goes wrong becomes a line that can be read.
export const guarded = (action) => async (...given) => {
  try {
    tell();
    await action(...given);
  } catch (error) {
    tell("", error.message);
  }
};

export function update() {
  find("ask").disabled = !(chosen.ready && chosen.speech);
}
