/** British plates: how they are spaced, how they are drawn, and where two of them differ. */

import { element } from "./dom.js";

/** Issued layouts with the place of the gap. What fits none of them is drawn as it is. */
const LAYOUTS = [
  [/^[A-Z]{2}\d{2}[A-Z]{3}$/, 4],
  [/^[A-Z]\d{1,3}[A-Z]{3}$/, -3],
  [/^[A-Z]{3}\d{1,3}[A-Z]$/, 3],
  [/^[A-Z]{3}\d{1,4}$/, 3],
  [/^[A-Z]{1,2}\d{1,4}$/, "digits"],
  [/^\d{1,4}[A-Z]{1,3}$/, "letters"],
];

/** The characters that count: a plate without spaces, in capitals. @param {string} text */
export function bare(text) {
  return text.toUpperCase().replace(/[\s-]/g, "");
}

/**
 * Where the gap of this plate is, as a count of characters before it; 0 when it has none.
 * @param {string} plate without spaces
 * @returns {number}
 */
export function gap(plate) {
  const found = LAYOUTS.find(([layout]) => layout.test(plate));
  if (found === undefined) return 0;
  const place = found[1];
  if (place === "digits") return plate.search(/\d/);
  if (place === "letters") return plate.search(/[A-Z]/);
  return place < 0 ? plate.length + place : place;
}

/**
 * @typedef {{read: string, listed: string, same: boolean}} Pair
 * One place of two plates laid side by side; an empty string where one of them has no character.
 */

/**
 * Lay what was read beside what is listed, with the fewest differences. A `?` of a listed pattern
 * stands for any character and a `*` for any run, and neither counts as a difference.
 * @param {string} read without spaces
 * @param {string} listed without spaces
 * @returns {Pair[]}
 */
export function align(read, listed) {
  const cost = costs(read, listed);
  const pairs = [];
  let i = read.length;
  let j = listed.length;
  while (i > 0 || j > 0) {
    const wild = j > 0 && listed[j - 1] === "*";
    if (wild && cost[i][j] === cost[i][j - 1]) {
      j -= 1;
    } else if (wild && i > 0 && cost[i][j] === cost[i - 1][j]) {
      pairs.push({ read: read[i - 1], listed: "*", same: true });
      i -= 1;
    } else if (i > 0 && j > 0 && cost[i][j] === cost[i - 1][j - 1] + differ(read[i - 1], listed[j - 1])) {
      pairs.push({ read: read[i - 1], listed: listed[j - 1], same: differ(read[i - 1], listed[j - 1]) === 0 });
      i -= 1;
      j -= 1;
    } else if (i > 0 && cost[i][j] === cost[i - 1][j] + 1) {
      pairs.push({ read: read[i - 1], listed: "", same: false });
      i -= 1;
    } else {
      pairs.push({ read: "", listed: listed[j - 1], same: false });
      j -= 1;
    }
  }
  return pairs.reverse();
}

function differ(read, listed) {
  return read === listed || listed === "?" ? 0 : 1;
}

function costs(read, listed) {
  const table = Array.from({ length: read.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= listed.length; j += 1) {
    const wild = listed[j - 1] === "*";
    table[0][j] = table[0][j - 1] + (wild ? 0 : 1);
    for (let i = 1; i <= read.length; i += 1) {
      table[i][j] = wild
        ? Math.min(table[i][j - 1], table[i - 1][j])
        : Math.min(
            table[i - 1][j - 1] + differ(read[i - 1], listed[j - 1]),
            table[i - 1][j] + 1,
            table[i][j - 1] + 1,
          );
    }
  }
  return table;
}

/**
 * A plate as it hangs on the car: white in front, yellow behind. Doubtful characters are boxed.
 * @param {string} text the plate or pattern
 * @param {{front: boolean, doubtful: Set<number>}} look `doubtful` are places in the bare text
 * @returns {HTMLElement}
 */
export function draw(text, { front, doubtful }) {
  const plate = bare(text);
  const split = gap(plate);
  const face = element("span", { class: "plate-face", "aria-hidden": "true" });
  [...plate].forEach((character, place) => {
    if (place === split && split > 0) face.append(element("span", { class: "plate-gap" }, " "));
    face.append(doubtful.has(place) ? element("mark", { class: "doubt" }, character) : character);
  });
  const band = element("span", { class: "plate-band", "aria-hidden": "true" }, "UK");
  const spoken = element("span", { class: "for-ears" }, `Plate ${spell(plate)}`);
  return element("span", { class: `plate ${front ? "plate-front" : "plate-rear"}` }, band, face, spoken);
}

/** A plate letter by letter, as a screen reader should say it. @param {string} plate */
export function spell(plate) {
  return [...bare(plate)].join(" ");
}

/**
 * What was read above what is listed, character under character, differences boxed.
 * @param {Pair[]} pairs
 * @returns {HTMLElement}
 */
export function compare(pairs) {
  return element(
    "div",
    { class: "compare" },
    row("Read as", pairs, "read"),
    row("Listed as", pairs, "listed"),
  );
}

function row(label, pairs, side) {
  const text = pairs.map((pair) => pair[side]).join("");
  const cells = pairs.map((pair) =>
    element(pair.same ? "span" : "mark", { class: pair.same ? "cell" : "cell doubt" }, pair[side] || "–"),
  );
  return element(
    "p",
    { class: "compare-row" },
    element("span", { class: "compare-label" }, label),
    element("span", { class: "compare-cells", "aria-hidden": "true" }, ...cells),
    element("span", { class: "for-ears" }, spell(text)),
  );
}
