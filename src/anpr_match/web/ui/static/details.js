/** What unfolds under a card: the evidence, the times, the other reads, where it was seen before. */

import { element } from "./dom.js";
import * as passing from "./passing.js";
import * as words from "./words.js";

/**
 * @param {import("./card.js").Card} card
 * @returns {HTMLElement}
 */
export function details({ best, claims, all }) {
  const each = passing.byRead(all);
  return element(
    "div",
    { class: "details-grid" },
    section("Why it is thought to match", evidence(best)),
    ...claims.map((hit) => section(entryHeading(hit, claims), facts(entryFacts(hit)))),
    section("The reading", facts(readFacts(best))),
    each.length > 1 ? section("Reads of this passing", reads(each)) : null,
    (best.previous ?? []).length > 0 ? section("Seen before", previous(best.previous)) : null,
  );
}

function section(heading, body) {
  return element("section", {}, element("h4", {}, heading), body);
}

function evidence(hit) {
  const factors = Object.entries(hit.evidence ?? {});
  if (factors.length === 0) return element("p", {}, hit.reason);
  const lines = factors.map(([, { log_odds, note }]) =>
    element(
      "li",
      {},
      element("span", { class: "weight" }, log_odds >= 0 ? "for" : "against"),
      `${note} (${log_odds >= 0 ? "+" : "−"}${Math.abs(log_odds).toFixed(1)})`,
    ),
  );
  return element("ul", { class: "evidence" }, ...lines);
}

function entryHeading(hit, claims) {
  return claims.length > 1 ? `The entry of ${passing.lister(hit, claims)}` : "The entry";
}

function entryFacts({ entry, watchlist_revision }) {
  return [
    ["Listed for", words.plain(entry.category)],
    ["By", words.force(entry.owner_force)],
    ["Reason", entry.reason],
    ["Operation", entry.operation_id],
    ["Priority", String(entry.priority)],
    ["Ends", words.clock(entry.ends_at)],
    ["Matched with list", String(watchlist_revision)],
  ];
}

function readFacts(hit) {
  const { read, camera } = hit;
  const sure = read.confidence === undefined ? null : words.percent(read.confidence);
  const speed = read.speed_kmh === undefined ? null : `${Math.round(read.speed_kmh / 1.609344)} mph`;
  const place = camera.lat === null ? null : `${camera.lat.toFixed(4)}, ${camera.lon.toFixed(4)}`;
  return [
    ["Seen at", words.clock(hit.captured_at)],
    ["Reached us", words.clock(hit.received_at)],
    ["Matched", words.clock(hit.matched_at)],
    ["Camera", `${camera.camera_id}${camera.force ? `, ${words.force(camera.force)}` : ""}`],
    ["Place", place],
    ["Camera's own certainty", sure],
    ["Speed", speed],
    ["Lane", read.lane === undefined ? null : String(read.lane)],
  ];
}

function facts(pairs) {
  const known = pairs.filter(([, value]) => value);
  const rows = known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  return element("dl", {}, ...rows);
}

function reads(hits) {
  const inOrder = [...hits].sort((a, b) => (a.captured_at < b.captured_at ? 1 : -1));
  const lines = inOrder.map((hit) =>
    element(
      "li",
      {},
      `${words.clock(hit.captured_at)} – ${hit.camera.name ?? hit.camera.camera_id}, read as `,
      element("span", { class: "mono" }, hit.plate_read),
      `, ${words.percent(hit.probability)}`,
    ),
  );
  return element("ul", {}, ...lines);
}

function previous(sightings) {
  const lines = sightings.map((seen) => {
    const place = words.joined([seen.road, seen.camera ?? seen.name ?? seen.camera_id]);
    return element("li", {}, `${words.clock(seen.captured_at ?? seen.at ?? null)} – ${place || "place not known"}`);
  });
  return element("ul", {}, ...lines);
}
