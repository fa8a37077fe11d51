// What the methods answered: a lane for each, over the time of the video.

// As `Moment` prints itself: of a brief one, tenths tell too little.
function span({ start, end }) {
  const digits = end - start >= 1 ? 1 : 2;
  return `${clock(start, digits)} to ${clock(end, digits)}`;
}

// The moment that a spoken example means.
export function truthLane(example, duration, play) {
  const named = () => `the true moment, ${span(example)}`;
  return make("div", { class: "lane truth" },
    make("div", { class: "title" }, make("h2", {}, "what was meant"), make("span", {}, span(example))),
    drawTrack({ moments: [example], named, duration, play }));
}

// From noisy sound to moments: what each part took.
function latency(answer) {
  const parts = Object.entries(answer.seconds).filter(([part]) => part !== "speech");
  const total = parts.reduce((sum, [, took]) => sum + took, 0);
  const text = (took) => `${(1000 * took).toFixed(1)} ms`;
  return { total: text(total), parts: parts.map(([part, took]) => `${part} ${text(took)}`).join(", ") };
}

export function answerLane(method, answer, play) {
  const { moments, duration, edges } = answer;
  const named = (moment, rank) =>
    `${method.name}, moment ${rank} of ${moments.length}: ${span(moment)}, score ${moment.score.toFixed(3)}`;
  const curves = drawCurves(method.name, answer, edges, duration);
  const { total, parts } = latency(answer);
  return make("div", { class: `lane s${method.style % 6}` },
    make("div", { class: "title" },
      make("h2", {}, method.name),
      make("span", { class: "soft" }, method.listens ? "raw speech" : "recogniser, then its text"),
      make("span", { class: "total" }, total)),
    drawTrack({ moments, named, duration, play, curves }),
    make("p", {}, make("span", { class: "best-text" }, span(moments[0])), `, score ${moments[0].score.toFixed(3)}`),
    answer.words === null ? null : make("p", { class: "words" }, `understood: “${answer.words.trim()}”`),
    ...answer.notes.map((note) => make("p", { class: "soft" }, `note: ${note}`)),
    make("p", { class: "parts" }, parts));
}
