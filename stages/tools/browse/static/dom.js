"use strict";

/** An element with attributes, listeners (`onclick`) and children. Texts stay texts: captions are foreign. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The same in SVG. */
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const pick = (selector) => document.querySelector(selector);

/** An IoU in two digits. Rounded down: 0.4996, which is wrong at 0.5, must not be shown as 0.50. */
const twoDigits = (iou) => (Math.floor(iou * 100 + 1e-9) / 100).toFixed(2);

/** Seconds as they are read: 7.5, 31, 112. */
const seconds = (value) => String(Math.round(value * 10) / 10);

/** Round times for an axis of so many seconds, at most `most` of them. */
function ticks(duration, most) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((each) => duration / each <= most) || steps[steps.length - 1];
  const count = Math.floor(duration / step + 1e-9) + 1;
  return Array.from({ length: count }, (_, number) => Math.round(number * step * 10) / 10);
}

/** An axis in seconds. */
function axis(duration, most) {
  const labels = ticks(duration, most).map((time) => {
    const label = make("span", {}, seconds(time));
    label.style.left = `${(100 * time) / duration}%`;
    return label;
  });
  return make("div", { class: "axis", "aria-hidden": "true" }, ...labels);
}
