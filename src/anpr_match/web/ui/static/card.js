/** One card: one passing of one vehicle, with every read of it and every entry that lists it folded in. */

import { element, shape } from "./dom.js";
import { details } from "./details.js";
import { Foot } from "./handling.js";
import * as passing from "./passing.js";
import * as plate from "./plate.js";
import * as words from "./words.js";

let cards = 0;

/** A card of the board. `hits` are its hits by id, one for each read and entry; the page shows the newest place,
 * the best reading, and what each entry asks for. */
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

  get all() {
    return [...this.hits.values()];
  }

  /** The read that was captured last: where the vehicle is now. */
  get newest() {
    return this.all.reduce((a, b) => (b.captured_at > a.captured_at ? b : a));
  }

  /** The read most likely to be the listed vehicle: what the card claims. */
  get best() {
    return passing.likeliest(this.all);
  }

  /** One hit for each entry, the likeliest; the most urgent entry is first. */
  get claims() {
    return passing.byEntry(this.all);
  }

  /** Those entries that were not found to be out of date, as `claims`; all, when each of them was. */
  get current() {
    return passing.apartFrom(this.outOfDate, this.claims);
  }

  /** @returns {Set<string>} ids of entries */
  get outOfDate() {
    return passing.outOfDate(this.all);
  }

  /** The hit that tells how things stand, and that an act is done on: one that waits for an answer, the
   * likeliest of them, else the one that something was done on last. That one entry is out of date, said or on
   * its way, tells nothing of another. */
  get standing() {
    const called = this.waiting.filter(({ said }) => said.answer === "out_of_date").map(({ entry_id }) => entry_id);
    const hits = passing.apartFrom(new Set(called), passing.apartFrom(this.outOfDate, this.all));
    const open = hits.filter((hit) => hit.status === "open");
    if (open.length > 0) return passing.likeliest(open);
    return hits.reduce((a, b) => (told_ms(b) > told_ms(a) ? b : a));
  }

  /** Acts that are on their way, the newest last, each with the entry that it was done on.
   * @returns {{entry_id: string, said: object}[]} */
  get waiting() {
    const waiting = this.all.flatMap(({ hit_id, entry }) =>
      this.officer.waiting(hit_id).map((said) => ({ entry_id: entry.entry_id, said })),
    );
    return waiting.sort((a, b) => a.said.at.localeCompare(b.said.at));
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
    if (open) this.details.replaceChildren(details(this));
  }

  /** Let the age count. @param {number} now_ms */
  tick(now_ms) {
    const age_s = (now_ms - Date.parse(this.newest.captured_at)) / 1000;
    const text = words.ago(age_s);
    if (this.age.textContent !== text) this.age.textContent = text;
  }

  render() {
    const { best, newest, current } = this;
    this.age = element("time", { class: "age", datetime: newest.captured_at });
    this.article.dataset.tier = best.tier;
    this.article.dataset.priority = String(Math.min(...current.map(passing.priority)));
    this.article.toggleAttribute("data-late", newest.late);
    this.article.firstElementChild.textContent = title(this);
    this.handle();
    this.summary.replaceChildren(top(this), plateZone(best), facts(this), this.place(newest));
    if (!this.details.hidden) this.details.replaceChildren(details(this));
  }

  /** Show how things stand. */
  handle() {
    const { standing, claims, waiting } = this;
    const mine = standing.taken_by ? this.officer.mine(standing.taken_by) : false;
    const { entry_id } = standing.entry;
    const bearing = waiting.filter((act) => act.said.answer !== "out_of_date" || act.entry_id === entry_id);
    this.article.dataset.status = standing.status ?? "closed";
    this.foot.show(standing, mine, {
      newest: waiting.at(-1)?.said,
      bearing: bearing.at(-1)?.said,
      about: claims.length > 1 ? passing.lister(standing, claims) : "",
    });
  }

  place(hit) {
    const { camera } = hit;
    const heading = words.bound(hit.read.heading ?? hit.sighting_heading ?? camera.heading);
    const counted = this.all.map(({ sighting_reads }) => sighting_reads ?? 1);
    const seen = Math.max(passing.byRead(this.all).length, ...counted);
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

/** Hits with the same key share a card: one passing. */
export function key(hit) {
  return hit.sighting_id ?? hit.hit_id;
}

function title({ best, newest, current }) {
  const place = [newest.camera.road, newest.camera.name].filter(Boolean).join(", ");
  const asked = passing.responses(current).map(words.response);
  return [...asked, words.tier(best.tier), place].join(". ");
}

function top({ best, newest, claims, current }) {
  const warnings = passing.warnings(claims);
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
    ...passing
      .responses(current)
      .map((code) => element("p", { class: `response response-${code}` }, shape(code), words.response(code))),
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

function facts({ best, claims, current, outOfDate }) {
  const described = [...new Set(claims.map(vehicle))].filter(Boolean);
  const shown = { vehicle: described.length > 1, response: passing.responses(current).length > 1 };
  return element(
    "div",
    { class: "facts personal" },
    shown.vehicle ? null : element("p", { class: "vehicle" }, described[0] ?? "Vehicle not described"),
    ...(claims.length > 1
      ? claims.map((hit) => listing(hit, lister(hit, claims, outOfDate), shown))
      : [why(best), note(best, words.force(best.entry.owner_force))]),
    element("p", { class: "reason" }, element("b", {}, "Match: "), best.reason),
  );
}

/** One entry of several. @param {{vehicle: boolean, response: boolean}} shown what the entries do not agree on */
function listing(hit, heading, shown) {
  return element(
    "div",
    { class: "listing" },
    heading,
    shown.vehicle ? element("p", { class: "vehicle" }, vehicle(hit) || "Vehicle not described") : null,
    why(hit),
    note(hit, shown.response ? words.response(passing.response(hit)) : null),
  );
}

function lister(hit, claims, outOfDate) {
  const doubt = outOfDate.has(hit.entry.entry_id) ? element("b", {}, " – said to be out of date") : null;
  return element("p", { class: "lister" }, `Listed by ${passing.lister(hit, claims)}`, doubt);
}

function vehicle({ entry }) {
  return [entry.colour, entry.make, entry.model].filter(Boolean).map(words.plain).join(" ");
}

function why({ entry }) {
  return element("p", { class: "why" }, entry.reason ?? "");
}

function note({ entry }, more) {
  return element("p", { class: "note" }, words.joined([words.plain(entry.category), more]));
}
