"use strict";

/** The noisy speech over its spectrogram, and what a recogniser made of it. */
function drawSpeech(one, details) {
  const name = String(one.number).padStart(5, "0");
  const sound = make("audio", { src: `speech/${name}.mp3`, controls: true, preload: "metadata", "aria-label": "Noisy speech" });
  const picture = make("div", {
    class: "spectrogram",
    onclick: (event) => {
      const { left, width } = picture.getBoundingClientRect();
      sound.currentTime = ((event.clientX - left) / width) * details.spectrogram;
      sound.play().catch(() => {});
    },
  },
  make("img", {
    src: `spectrograms/${name}.png`, draggable: "false",
    alt: `Log-mel spectrogram of ${seconds(details.speech)} seconds of noisy speech`,
  }),
  drawPlayHead());
  const follow = () => {
    if (!sound.isConnected) return;
    moveHeads(picture, sound.currentTime, details.spectrogram);
    if (!sound.paused) requestAnimationFrame(follow);
  };
  sound.addEventListener("play", follow);
  sound.addEventListener("seeked", follow);
  sound.addEventListener("error", () => sound.replaceWith(
    make("p", { class: "notice", role: "note" }, `speech/${name}.mp3 can't be played; copy the folder again, whole.`)));
  const box = make("figure", { class: "speech" },
    picture, noisyPart(one, details.spectrogram), axis(details.spectrogram, 6), sound,
    make("figcaption", {}, "Noisy speech, log-mel bands (low ones at the bottom) over seconds."));
  const toggle = () => (sound.paused ? sound.play().catch(() => {}) : sound.pause());
  return { box, toggle, stop: () => sound.pause() };
}

/** A bracket under the part that noise was mixed into. */
function noisyPart(one, duration) {
  if (one.snr === null) return make("p", { class: "noise" }, "clean: no noise was added");
  const bracket = make("i", { class: "bracket" });
  bracket.style.left = share(one.noisyFrom, duration);
  bracket.style.width = share(one.noisyFor, duration);
  return make("div", { class: "noise" }, bracket, make("span", {}, `${one.noise}, ${one.snr.toFixed(1)} dB SNR`));
}

/** The transcript, its errors marked by signs and words, not by colour alone. */
function drawTranscript(one) {
  if (one.marks === null) {
    return make("p", { class: "transcript" }, "Not transcribed: `dvc repro transcripts` would.");
  }
  const signs = {
    equal: (said) => [said],
    substitute: (said, understood) => [
      make("del", { title: `said: ${said}` }, said), "→", make("ins", { title: `understood: ${understood}` }, understood)],
    delete: (said) => [make("del", { title: `left out: ${said}` }, said), make("small", {}, "left out")],
    insert: (_, understood) => [make("ins", { title: `put in: ${understood}` }, understood), make("small", {}, "put in")],
  };
  const words = one.marks.map(([kind, said, understood]) =>
    make("span", { class: `mark ${kind}` }, ...signs[kind](said, understood)));
  const count = one.misheard === 0 ? "no word misheard" : one.misheard === 1 ? "1 word misheard" : `${one.misheard} words misheard`;
  return make("p", { class: "transcript" },
    make("span", { class: "label" }, `Recogniser, ${count}`),
    make("bdi", {}, ...words.flatMap((word, place) => (place ? [" ", word] : [word]))));
}
