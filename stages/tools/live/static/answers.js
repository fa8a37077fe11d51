// Asking all methods, one after the other, and showing what each answers.

import { chosen, guarded, room, tell, update } from "./chosen.js";
import { answerLane, truthLane } from "./lanes.js";
import { play } from "./player.js";
import { call } from "./server.js";

// Never "-0.0".
const decibels = (value) => `${(Math.round(value * 10) / 10 + 0).toFixed(1)} dB`;
const isNarrow = () => matchMedia("(max-width: 820px)").matches;

export const ask = guarded(async () => {
  const { video, speech, ready } = chosen;
  const given = {
    video: video.id,
    speech: speech.id,
    noise: pick("#noise").value,
    proportion: Number(pick("#proportion").value),
  };
  const said = make("p", { class: "said" }, pick("#heard-name").textContent);
  const legend = drawLegend("Thick bar: the best moment; thin: the next ones. Times: from sound to moments; the video is described before.");
  const answers = pick("#answers");
  pick("#ask").disabled = true;
  answers.replaceChildren(said, legend);
  if (speech.example) answers.append(truthLane(speech.example, ready.duration, play));
  try {
    for (const [place, method] of room.methods.entries()) {
      tell(`asking ${method.name} …`);
      const answer = await call("ask", { ...given, method: method.name });
      // Meanwhile another video may have been chosen.
      if (chosen.video !== video) return;
      answers.append(answerLane(method, answer, play));
      addToLegend(legend, answer);
      if (!place) {
        if (answer.snr_db !== null) said.append(`, signal to noise ${decibels(answer.snr_db)}`);
        play(answer.moments[0]);
        if (isNarrow()) pick("#watch").scrollIntoView();
      }
    }
    answers.append(axis(ready.duration, 5, (time, step) => clock(time, step < 1 ? 1 : 0)));
    tell("done");
  } finally {
    update();
  }
});
