"use strict";

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  s: () => speech && speech.toggle(),
  l: () => (location.hash = "#cases"),
  "/": () => {
    location.hash = "#cases";
    pick("#text").focus();
  },
  "?": () => pick("#keys").showModal(),
  " ": () => player && player.toggle(),
};

// Where these keys move in the list.
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };

/** Whether an element has its own use for a key. */
function takesKey(element, key) {
  if (element.closest("dialog, input[type=search], select, textarea")) return true;
  return key === " " && Boolean(element.closest("button, a, summary, video, audio"));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { key, target } = event;
  if (key === "Escape" && target.id === "text") target.blur();
  if (takesKey(target, key)) return;
  let act = KEYS[key];
  if (target.id === "list" && key in STEPS) act = () => step(STEPS[key]);
  const best = /^\d$/.test(key) && pick(`.timeline button[data-key="${key}"]`);
  if (best) act = () => best.click();
  if (!act) return;
  event.preventDefault();
  act();
});
