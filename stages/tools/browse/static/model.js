"use strict";

// What cases.js hands over: the methods, the videos, and every case as an object.
let run;
let cases;

function takeCases(facts) {
  const { iou, ...columns } = facts.columns;
  run = facts;
  cases = columns.id.map((_, number) => {
    const one = { number, iou: iou.map((column) => column[number]) };
    for (const name of Object.keys(columns)) one[name] = columns[name][number];
    one.length = one.end - one.start;
    const heard = (one.marks || []).map(([, , understood]) => understood).join(" ");
    const unseen = one.unseen ? "new speaker" : "";
    const video = run.videos[one.video].id;
    one.words = [one.caption, heard, one.noise, one.speaker, unseen, one.id, video].join("\n").toLowerCase();
    return one;
  });
  choice.over = Math.max(0, run.methods.indexOf("vgcl"));
  choice.under = Math.max(0, run.methods.indexOf("base"));
  if (choice.over === choice.under) choice.over = run.methods.length - 1;
  if (choice.over === choice.under) choice.under = 0;
}

// What the reader has chosen.
const choice = {
  text: "", over: 0, under: 0, threshold: 0.5, outcome: "all", only: new Set(), sort: "number", reversed: false,
};

const right = (one, method) => one.iou[method] >= choice.threshold;
const gain = (one) => one.iou[choice.over] - one.iou[choice.under];

const OUTCOMES = {
  all: () => true,
  wins: (one) => right(one, choice.over) && !right(one, choice.under),
  losses: (one) => !right(one, choice.over) && right(one, choice.under),
  both: (one) => right(one, choice.over) && right(one, choice.under),
  neither: (one) => !right(one, choice.over) && !right(one, choice.under),
};

/** The value that a quarter of the cases do not exceed. */
function quarter(key) {
  const values = cases.map((one) => one[key]).filter((value) => value !== null).sort((a, b) => a - b);
  return values.length ? values[Math.ceil(values.length / 4) - 1] : -Infinity;
}

const quarters = {};
const withinQuarter = (one, key) => one[key] !== null && one[key] <= (quarters[key] ??= quarter(key));

const ONLY = {
  noisy: ["noisiest quarter", (one) => withinQuarter(one, "snr")],
  short: ["shortest quarter", (one) => withinQuarter(one, "length")],
  unseen: ["new speakers", (one) => one.unseen === true],
  misheard: ["misheard", (one) => one.misheard > 0],
};

/** Each order: its name, what it goes by, and 1 where the smallest comes first. What is unknown comes last. */
function sorts() {
  const methods = run.methods.map((name, method) => [
    `iou${method}`, [`IoU of ${name}`, (one) => one.iou[method], -1],
  ]);
  return {
    number: ["query id", (one) => one.number, 1],
    ...(run.methods.length > 1 && {
      gain: [`gain of ${run.methods[choice.over]} over ${run.methods[choice.under]}`, gain, -1],
    }),
    ...Object.fromEntries(methods),
    length: ["length of the moment", (one) => one.length, 1],
    share: ["part of the video", (one) => one.length / one.duration, 1],
    snr: ["SNR, noisiest first", (one) => one.snr, 1],
    misheard: ["words misheard", (one) => one.misheard, -1],
    caption: ["caption", (one) => one.caption, 1],
  };
}

const collator = new Intl.Collator("en");

/** The cases that pass every filter but the outcome, in the chosen order. */
function candidates() {
  const words = choice.text.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = [...choice.only].map((name) => ONLY[name][1]);
  const found = cases.filter(
    (one) => words.every((word) => one.words.includes(word)) && tests.every((test) => test(one)),
  );
  const [, key, sign] = sorts()[choice.sort];
  const direction = choice.reversed ? -sign : sign;
  return found.sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    if (a === b) return one.number - other.number;
    if (a === null || b === null) return a === null ? 1 : -1;
    return direction * (typeof a === "string" ? collator.compare(a, b) : a - b) || one.number - other.number;
  });
}
