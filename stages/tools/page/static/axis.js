"use strict";

/** The smallest round step that makes at most `most` steps of so many seconds. */
function tickStep(duration, most) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  return steps.find((step) => duration / step <= most) || steps[steps.length - 1];
}

/** An axis of the time, with a text at each step. */
function axis(duration, most, text = seconds) {
  const step = tickStep(duration, most);
  const count = Math.floor(duration / step + 1e-9) + 1;
  const labels = Array.from({ length: count }, (_, number) => {
    const label = make("span", {}, text(number * step, step));
    // CSS puts the same share of the text to the left of its place, so that no text stands out at the ends.
    label.style.setProperty("--share", share(number * step, duration));
    return label;
  });
  return make("div", { class: "axis", "aria-hidden": "true" }, ...labels);
}
