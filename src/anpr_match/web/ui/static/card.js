/** One card: one passing of one vehicle of interest, with every read of it folded in. */

import { element, shape } from "./dom.js";
import { details } from "./details.js";
import { Foot } from "./handling.js";
import * as plate from "./plate.js";
import * as words from "./words.js";

let cards = 0;

/** A card of the board. `hits` are its reads by hit id; the page shows the newest place, the best reading. */
export class Card {
  /**
   * @param {object} hit the body of a hit frame
   * @param {{act: (hit_id: string, path: string, said: object) => void, mine: (actor: object) => boolean,
   *   waiting: (hit_id: string) => object[]}} officer what this unit does, and has done
   */
  constructor(hit, officer) {
    this.officer = officer;
    cards += 1;
    const id = `card-${cards}`;
    this.key = key(hit);
    /** @type {Map<string, object>} */
    this.hits = new Map();
    this.summary = element("div", { class: "card-summary" });
    this.details = element("div", { class: "card-details personal", id: `${id}-details`, hidden: true });
    this.toggle = element(
      "button",
      { type: "button", class: "quiet toggle", "aria-expanded": "false", "aria-controls": `${id}-details` },
      "Details",
    );
    this.toggle.addEventListener("click", () => this.flip());
    this.foot = new Foot((path, said) => officer.act(this.standing.hit_id, path, said));
    this.foot.element.append(this.toggle);
    this.article = element(
      "article",
      { class: "card", tabindex: "-1", "aria-labelledby": `${id}-title` },
      element("h3", { class: "for-ears", id: `${id}-title` }),
      this.summary,
      this.foot.element,
      this.details,
    );
    this.add(hit);
  }

  /** The read that was captured last: where the vehicle is now. */
  get newest() {
    return [...this.hits.values()].reduce((a, b) => (b.captured_at > a.captured_at ? b : a));
  }

  /** The read most likely to be the listed vehicle: what the card claims. */
  get best() {
    return [...this.hits.values()].reduce((a, b) => (likelier(b, a) ? b : a));
  }

  /** The read that tells how things stand, and that an act is done on: one that waits for an answer, the
   * likeliest of them, else the one that something was done on last. */
  get standing() {
    const all = [...this.hits.values()];
    const open = all.filter((hit) => hit.status === "open");
    if (open.length > 0) return open.reduce((a, b) => (likelier(b, a) ? b : a));
    return all.reduce((a, b) => (told_ms(b) > told_ms(a) ? b : a));
  }

  /** Fold in a read of the same sighting; the same one again changes nothing. */
  add(hit) {
    this.hits.set(hit.hit_id, hit);
    this.render();
  }

  /** Take news of one of its reads, unless later news were here first. @returns {boolean} whether it was news */
  update(hit) {
    const held = this.hits.get(hit.hit_id);
    if (held === undefined || told_ms(hit) < told_ms(held)) return false;
    this.add({ ...held, ...hit });
    return true;
  }

  /** Take back one read. @returns {boolean} whether anything is left to show */
  remove(hit_id) {
    this.hits.delete(hit_id);
    if (this.hits.size > 0) this.render();
    return this.hits.size > 0;
  }

  /** Open the details, or close them. */
  flip() {
    const open = this.details.hidden;
    this.details.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    this.toggle.textContent = open ? "Close details" : "Details";
    if (open) this.details.replaceChildren(details(this.best, [...this.hits.values()]));
  }

  /** Let the age count. @param {number} now_ms */
  tick(now_ms) {
    const age_s = (now_ms - Date.parse(this.newest.captured_at)) / 1000;
    const text = words.ago(age_s);
    if (this.age.textContent !== text) this.age.textContent = text;
  }

  render() {
    const { best, newest } = this;
    this.age = element("time", { class: "age", datetime: newest.captured_at });
    this.article.dataset.tier = best.tier;
    this.article.dataset.priority = String(best.entry.priority ?? 2);
    this.article.toggleAttribute("data-late", newest.late);
    this.article.firstElementChild.textContent = title(best, newest);
    this.handle();
    this.summary.replaceChildren(top(best, newest), plateZone(best), facts(best), this.place(newest));
    if (!this.details.hidden) this.details.replaceChildren(details(best, [...this.hits.values()]));
  }

  /** Show how things stand. */
  handle() {
    const { standing } = this;
    const mine = standing.taken_by ? this.officer.mine(standing.taken_by) : false;
    const waiting = [...this.hits.keys()].flatMap((hit_id) => this.officer.waiting(hit_id));
    this.article.dataset.status = standing.status ?? "closed";
    this.foot.show(standing, mine, waiting);
  }

  place(hit) {
    const { camera } = hit;
    const heading = words.bound(hit.read.heading ?? hit.sighting_heading ?? camera.heading);
    const seen = Math.max(this.hits.size, hit.sighting_reads ?? 1);
    return element(
      "div",
      { class: "where" },
      element("p", { class: "road" }, [camera.road, heading].filter(Boolean).join(" ") || "Road not known"),
      element("p", { class: "camera" }, camera.name ?? camera.camera_id),
      camera.registered === false ? element("p", { class: "note" }, "Camera not on the register") : null,
      element("p", { class: "when" }, this.age),
      seen > 1 ? element("p", { class: "counter" }, `${seen} reads of this passing`) : null,
    );
  }
}

/** When something was last done on a hit, in ms; 0 for never. */
export function told_ms(hit) {
  const [last] = hit.acts ?? [];
  return last === undefined ? 0 : Date.parse(last.recorded_at);
}

/** Hits with the same key share a card: one entry, one passing. */
export function key(hit) {
  return `${hit.sighting_id ?? hit.hit_id}/${hit.entry?.entry_id ?? hit.entry_id}`;
}

/** Whether `one` is the surer reading; of two told as equally sure, the one read exactly. */
function likelier(one, other) {
  if (one.probability !== other.probability) return one.probability > other.probability;
  return one.tier === "exact" && other.tier !== "exact";
}

function title(best, newest) {
  const place = [newest.camera.road, newest.camera.name].filter(Boolean).join(", ");
  return `${words.response(best.entry.response)}. ${words.tier(best.tier)}. ${place}`;
}

function top(best, newest) {
  const { entry } = best;
  const response = entry.response ?? "stop";
  const warnings = (entry.warnings ?? []).map(words.plain);
  return element(
    "div",
    { class: "card-top" },
    warnings.length > 0
      ? element(
          "p",
          { class: "warnings personal" },
          shape("warning"),
          element("span", {}, element("b", {}, "Warning"), ` ${warnings.join(" · ")}`),
        )
      : null,
    element("p", { class: `response response-${response}` }, shape(response), words.response(response)),
    element(
      "p",
      { class: `tier tier-${best.tier}` },
      shape(best.tier),
      element("span", { class: "tier-word" }, words.tier(best.tier)),
      element("span", { class: "chance" }, words.percent(best.probability)),
    ),
    newest.late ? lateness(newest) : null,
  );
}

function lateness(hit) {
  const arrived = Date.parse(hit.received_at ?? hit.matched_at);
  const delay_s = (arrived - Date.parse(hit.captured_at)) / 1000;
  const text = delay_s < 0 ? "camera clock off" : `reached us ${words.span(delay_s)} after it was seen`;
  return element("p", { class: "late" }, shape("late"), element("b", {}, "Late"), ` ${text}`);
}

function plateZone(best) {
  const listed = plate.bare(best.plate_listed);
  const pairs = plate.align(readAs(best, listed), listed);
  const doubtful = new Set();
  let place = 0;
  for (const pair of pairs) {
    if (!pair.same && pair.listed) doubtful.add(place);
    if (pair.listed && pair.listed !== "*") place += 1;
  }
  const agrees = pairs.every((pair) => pair.same);
  return element(
    "div",
    { class: "plate-zone personal" },
    plate.draw(best.plate_listed, { front: best.read.direction === "approaching", doubtful }),
    agrees ? element("p", { class: "agrees" }, "Read exactly as listed") : plate.compare(pairs),
  );
}

/** What the camera read. When only another of its readings matched, its first one is the honest one. */
function readAs(best, listed) {
  const matched = plate.bare(best.plate_read);
  const first = plate.bare(best.read.plate ?? "");
  return best.tier !== "exact" && matched === listed && first !== "" ? first : matched;
}

function facts(best) {
  const { entry } = best;
  const vehicle = [entry.colour, entry.make, entry.model].filter(Boolean).map(words.plain).join(" ");
  return element(
    "div",
    { class: "facts personal" },
    element("p", { class: "vehicle" }, vehicle || "Vehicle not described"),
    element("p", { class: "why" }, entry.reason ?? ""),
    element("p", { class: "note" }, words.joined([words.plain(entry.category), words.force(entry.owner_force)])),
    element("p", { class: "reason" }, element("b", {}, "Match: "), best.reason),
  );
}
