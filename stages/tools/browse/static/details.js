"use strict";

// A hundred cases lie in one file, loaded when one of them is first opened. A page that was opened from a file
// may not read other files, but it may load scripts.
const waiting = new Map();
const loaded = new Map();

function takeDetails(block, details) {
  waiting.get(block).resolve(details);
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

/** The numbers of a curve, 0 to 255. */
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
