// Elements of the page; text is always text, never HTML.

export const find = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function option(value, text) {
  return make("option", { value, textContent: text });
}

export function clock(seconds, digits = 1) {
  const one = 10 ** digits;
  const parts = Math.round(seconds * one);
  const minutes = Math.floor(parts / (60 * one));
  const rest = ((parts % (60 * one)) / one).toFixed(digits).padStart(digits + 3, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

// Files that are dropped on an element.
export function onDrop(element, take) {
  const mark = (over) => (event) => {
    event.preventDefault();
    element.classList.toggle("over", over);
  };
  element.addEventListener("dragover", mark(true));
  element.addEventListener("dragleave", mark(false));
  element.addEventListener("drop", (event) => {
    mark(false)(event);
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}
