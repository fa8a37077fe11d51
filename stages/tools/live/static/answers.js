// Asking all methods, one after the other, and showing what each answers.

import { chosen, guarded, room, tell, update } from "./chosen.js";
import { find, make } from "./elements.js";
import { play } from "./player.js";
import { call } from "./server.js";
import { axis, lane, legend, truthLane } from "./timeline.js";

// Never "-0.0".
const decibels = (value) => `${(Math.round(value * 10) / 10 + 0).toFixed(1)} dB`;
const isNarrow = () => matchMedia("(max-width: 820px)").matches;

export const ask = guarded(async () => {
  const { video, speech, ready } = chosen;
  const given = {
    video: video.id,
    speech: speech.id,
    noise: find("noise").value,
    proportion: Number(find("proportion").value),
  };
  const said = make("p", { className: "said", textContent: find("heard-name").textContent });
  const answers = find("answers");
  find("ask").disabled = true;
  answers.replaceChildren(said, legend());
  if (speech.example) answers.append(truthLane(speech.example, ready.duration, play));
  try {
    for (const [place, method] of room.methods.entries()) {
      tell(`asking ${method.name} …`);
      const answer = await call("ask", { ...given, method: method.name });
      // Meanwhile another video may have been chosen.
      if (chosen.video !== video) return;
      answers.append(lane(method, answer, play));
      if (!place) {
        if (answer.snr_db !== null) said.append(`, signal to noise ${decibels(answer.snr_db)}`);
        play(answer.moments[0]);
        if (isNarrow()) find("watch").scrollIntoView();
      }
    }
    answers.append(axis(ready.duration));
    tell("done");
  } finally {
    update();
  }
});
