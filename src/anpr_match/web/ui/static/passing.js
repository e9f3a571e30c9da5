/** What the hits of one passing tell together. A read gives a hit for each entry that lists the vehicle, so
 * several forces may have hits on one card. */

import * as words from "./words.js";

/** Forces may disagree about what to do: the crew sees all of it, what keeps it safest first. */
const RESPONSES = ["stop_with_caution", "observe", "stop", "log_only"];
/** States in which somebody may still do something about a hit. */
const WORKED_ON = new Set(["open", "acknowledged", "taken"]);
/** Answers that are about an entry, and not about the vehicle that passed. */
const STALE = new Set(["out_of_date", "right_plate_stale_entry"]);

/** Whether `one` is the surer reading; of two told as equally sure, the one read exactly. */
function likelier(one, other) {
  if (one.probability !== other.probability) return one.probability > other.probability;
  return one.tier === "exact" && other.tier !== "exact";
}

/** @param {object[]} hits at least one */
export function likeliest(hits) {
  return hits.reduce((a, b) => (likelier(b, a) ? b : a));
}

/** For each entry the likeliest of its hits; the most urgent entry is first. @param {object[]} hits */
export function byEntry(hits) {
  const each = likeliestOf(hits, ({ entry }) => entry.entry_id);
  return each.sort((a, b) => priority(a) - priority(b) || rank(response(a)) - rank(response(b)));
}

/** One hit for each read, the likeliest. @param {object[]} hits */
export function byRead(hits) {
  return likeliestOf(hits, ({ read }) => JSON.stringify([read.camera_id, read.read_id]));
}

/** Of the hits with the same name the likeliest each. */
function likeliestOf(hits, name) {
  const names = new Set(hits.map(name));
  return [...names].map((one) => likeliest(hits.filter((hit) => name(hit) === one)));
}

/** Ids of the entries that officers found to be out of date. @param {object[]} hits @returns {Set<string>} */
export function outOfDate(hits) {
  const still = new Set(hits.filter(({ status }) => WORKED_ON.has(status)).map(({ entry }) => entry.entry_id));
  const said = hits.filter(({ answer }) => STALE.has(answer)).map(({ entry }) => entry.entry_id);
  return new Set(said.filter((entry_id) => !still.has(entry_id)));
}

/** The hits of all other entries than these; all hits, when there is no other. @param {Set<string>} entry_ids */
export function apartFrom(entry_ids, hits) {
  const left = hits.filter(({ entry }) => !entry_ids.has(entry.entry_id));
  return left.length > 0 ? left : hits;
}

/** What is asked of the crew, each thing once. @param {object[]} hits @returns {string[]} codes */
export function responses(hits) {
  return [...new Set(hits.map(response))].sort((a, b) => rank(a) - rank(b));
}

/** What the crew has to beware of, each thing once, in words. @param {object[]} hits @returns {string[]} */
export function warnings(hits) {
  return [...new Set(hits.flatMap(({ entry }) => (entry.warnings ?? []).map(words.plain)))];
}

/** How urgent it is: 1 is the most urgent. */
export function priority({ entry }) {
  return entry.priority ?? 2;
}

export function response({ entry }) {
  return entry.response ?? "stop";
}

/**
 * Who listed the vehicle; with what for, where one force has several entries of it.
 * @param {object} hit
 * @param {object[]} claims one hit for each entry
 */
export function lister({ entry }, claims) {
  const force = words.force(entry.owner_force);
  const own = claims.filter((other) => other.entry.owner_force === entry.owner_force);
  return own.length > 1 ? `${force}, ${words.plain(entry.category).toLowerCase()}` : force;
}

/** A code that is not known yet comes first. */
function rank(code) {
  return RESPONSES.indexOf(code);
}
