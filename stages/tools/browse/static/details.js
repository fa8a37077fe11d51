"use strict";

// A hundred cases lie in one file, loaded when one of them is first opened. A page that was opened from a file
// may not read other files, but it may load scripts.
const waiting = new Map();
const loaded = new Map();

function takeDetails(block, details) {
  waiting.get(block).resolve(details.map((one) => ({ ...one, answers: one.answers.map(readAnswer) })));
}

/** What a case shows beyond the list. */
async function detailsOf(one) {
  const block = Math.floor(one.number / run.block);
  if (!loaded.has(block)) {
    loaded.set(block, new Promise((resolve, reject) => {
      waiting.set(block, { resolve });
      const file = `details/${String(block).padStart(3, "0")}.js`;
      const failed = () => reject(new Error(`${file} is missing: copy the folder of this page again, whole.`));
      document.head.append(make("script", { src: file, onerror: failed }));
    }));
  }
  return (await loaded.get(block))[one.number % run.block];
}

/** A method's answer, its curves as numbers: they are written as bytes, of which 255 is the peak. */
function readAnswer({ moments, peak, curves }) {
  const values = (text) => Array.from(atob(text), (character) => (character.charCodeAt(0) / 255) * peak);
  return {
    moments: moments.map(([start, end]) => ({ start, end })),
    curves: Object.fromEntries(Object.entries(curves).map(([name, text]) => [name, values(text)])),
  };
}
