"use strict";

// What is on the page now.
let player = null;
let speech = null;

/** Show a case: what is known at once, its curves and its speech as soon as they are read. */
async function showCase(one) {
  const article = pick("#case");
  const focused = article.contains(document.activeElement);
  if (player) player.stop();
  if (speech) speech.stop();
  speech = null;
  current = one;
  let moveTo = () => {};
  player = makePlayer(one, (time) => moveTo(time));
  const timeline = make("div", { class: "pending" });
  const sound = make("div", { class: "pending" });
  article.setAttribute("aria-label", `Case ${one.id}`);
  article.replaceChildren(
    drawHeading(one),
    make("div", { class: "both" }, player.box, make("div", { class: "heard" }, sound, drawTranscript(one))),
    timeline,
    drawFacts(one));
  drawPosition();
  if (focused) article.focus({ preventScroll: true });
  article.scrollTop = 0;
  try {
    const details = await detailsOf(one);
    if (current !== one) return;
    const drawn = drawTimeline(one, details, player);
    moveTo = drawn.moveTo;
    const legend = drawLegend("A bar plays its moment; thin bars are the next four.");
    for (const { curves } of details.answers) addToLegend(legend, curves);
    timeline.replaceWith(legend, drawn.timeline);
    speech = drawSpeech(one, details);
    sound.replaceWith(speech.box);
  } catch (error) {
    if (current === one) timeline.replaceWith(make("p", { class: "notice", role: "note" }, error.message));
  }
}

function drawHeading(one) {
  const button = (name, label, onclick) => make("button", { type: "button", "aria-label": label, title: label, onclick }, name);
  return make("div", { class: "heading" },
    make("div", { class: "steps" },
      make("a", { href: "#cases", class: "back" }, "‹ List"),
      button("‹", "Case before (k)", () => step(-1)),
      make("span", { id: "position", role: "status" }),
      button("›", "Next case (j)", () => step(1))),
    make("h2", {}, "“", make("bdi", {}, one.caption), "”"));
}

/** Where the case stands in the list; drawn again when the list changes. */
function drawPosition() {
  const position = pick("#position");
  if (!position || !current) return;
  const place = shown.indexOf(current);
  position.textContent = place < 0 ? "not in the list" : `${(place + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}`;
}

function drawFacts(one) {
  const speaker = one.speaker === "" ? "not named"
    : `${one.speaker}, ${one.unseen ? "new: not heard in training" : "heard in training"}`;
  const part = Math.round((100 * one.length) / one.duration);
  const facts = {
    moment: `${seconds(one.start)} to ${seconds(one.end)} s: ${seconds(one.length)} s, ${part} % of the video`,
    noise: one.snr === null ? "none" : `${one.noise}, ${one.snr.toFixed(1)} dB SNR, over ${seconds(one.noisyFor)} s`,
    speaker,
    video: run.videos[one.video].id,
    query: one.id,
  };
  return make("dl", { class: "facts" }, ...Object.entries(facts).map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, make("bdi", {}, value)))));
}
