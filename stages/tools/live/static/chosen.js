// What there is, what is chosen of it, and the lines that say how it goes.

export const room = { videos: [], own: [], methods: [], noises: [], limits: {} };

// `ready` is the chosen video's description; `speech.example` is there for a spoken example.
export const chosen = { video: null, ready: null, speech: null };

export function tell(status = "", fault = "") {
  pick("#status").textContent = status;
  pick("#fault").textContent = fault;
  pick("#fault").hidden = !fault;
  // On a phone it stands below what was just touched.
  if (fault) pick("#fault").scrollIntoView({ block: "nearest" });
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
  pick("#ask").disabled = !(chosen.ready && chosen.speech);
}
