/** The board: cards newest first, one for each passing of a vehicle, and the keys that walk them. */

import { Card, key, told_ms } from "./card.js";
import { element } from "./dom.js";
import { Earlier } from "./earlier.js";
import { told } from "./handling.js";
import * as passing from "./passing.js";
import { spell } from "./plate.js";
import * as words from "./words.js";

const CARDS_MAX = 120;
const KNOWN_MAX = 5_000;
const NOTICE_MS = 20_000;

export class Board {
  /**
   * @param {HTMLElement} list where the cards are
   * @param {{fresh: (card: Card) => void, said: (text: string) => void, counted: (board: Board) => void}} tell
   *   `fresh`: a sighting nobody has seen yet, or one that went wider; `said`: what became of a card;
   *   `counted`: the number changed
   * @param {() => number} now the time in ms, by the clock of the service
   * @param {object} officer what this unit does, and has done: see `Card`
   */
  constructor(list, tell, now, officer) {
    this.officer = officer;
    this.list = list;
    this.tell = tell;
    this.now = now;
    /** @type {Map<string, Card>} the one read or brought back last is last */
    this.cards = new Map();
    /** When each hit was last told of, in ms, also of those that are not shown any more. @type {Map<string, number>} */
    this.known = new Map();
    this.earlier = new Earlier();
    list.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** How many cards there are of each tier. @returns {Record<string, number>} */
  get counts() {
    const counts = { exact: 0, probable: 0, possible: 0 };
    for (const card of this.cards.values()) counts[card.best.tier] += 1;
    return counts;
  }

  /** @param {{type: string, hit: object, old: boolean}} event of the feed */
  take({ type, hit, old }) {
    if (type === "hit") this.add(hit, old);
    else if (type === "hit.withdrawn") this.withdraw(hit);
    else if (type === "hit.updated") this.update(hit, old);
  }

  add(hit, old) {
    if (this.known.has(hit.hit_id)) return;
    this.know(hit.hit_id, told_ms(hit));
    const card = this.cards.get(key(hit));
    if (card === undefined) {
      this.put(new Card(hit, this.officer), old);
      return;
    }
    const asked = hit_is_open(card);
    const isFurther = this.fold(card, hit, old);
    if (old || hit.late) return;
    // What was closed as a misread, and is read otherwise now, asks anew; so does what another force asks for.
    if (hit_is_open(card) && (!asked || (isFurther && hit.status === "open"))) this.tell.fresh(card);
    else if (isFurther) this.tell.said(further(card, hit));
  }

  /** A hit of a passing that has its card. @returns {boolean} whether it is of an entry that the card did not have */
  fold(card, hit, quiet) {
    const isFurther = !lists(card, hit.entry.entry_id);
    card.add(hit);
    card.tick(this.now());
    this.lift(card);
    if (!quiet) glow(card.article);
    this.tell.counted(this);
    return isFurther;
  }

  /** Remember a hit and when it was told of, so that nothing is shown twice; the oldest are forgotten. */
  know(hit_id, at_ms) {
    const last_ms = Math.max(at_ms, this.known.get(hit_id) ?? 0);
    this.known.delete(hit_id);
    this.known.set(hit_id, last_ms);
    if (this.known.size > KNOWN_MAX) this.known.delete(this.known.keys().next().value);
  }

  /** @param {Card} card @param {boolean} quiet whether it is one to show without an alert */
  put(card, quiet) {
    card.shown = !quiet;
    if (!quiet) glow(card.article);
    // One that made room comes back whole: another entry may tell the crew to beware.
    for (const hit of this.earlier.back(card.key)) if (!card.hits.has(hit.hit_id)) card.add(hit);
    card.tick(this.now());
    this.cards.set(card.key, card);
    this.list.prepend(card.article);
    if (this.cards.size === 1) card.article.tabIndex = 0;
    if (this.cards.size > CARDS_MAX) this.makeRoom();
    this.tell.counted(this);
    if (!quiet && !card.newest.late && hit_is_open(card)) this.tell.fresh(card);
  }

  /** The card that was longest without a further read goes; the first one that does is told to those who listen. */
  makeRoom() {
    const card = this.cards.values().next().value;
    this.earlier.add(card);
    this.take_away(card);
    if (this.earlier.size === 1) this.tell.said(words.earlier(this.earlier));
  }

  /** What was caught up with is now on show: from here on, a card does not go without a word.
   * @param {boolean} unfetched whether there may be events that this page never got */
  settle(unfetched) {
    for (const card of this.cards.values()) card.shown = true;
    if (this.earlier.unfetched === unfetched) return;
    this.earlier.unfetched = unfetched;
    this.tell.counted(this);
  }

  /** A further read brings its card to the top, unless someone is reading it where it is. */
  lift(card) {
    this.cards.delete(card.key);
    this.cards.set(card.key, card);
    const busy = card.article.contains(document.activeElement) || !card.details.hidden;
    if (!busy && this.list.firstElementChild !== card.article) this.list.prepend(card.article);
  }

  withdraw({ hit_id, reason, ...rest }) {
    this.know(hit_id, Infinity);
    const place = key({ hit_id, ...rest });
    const card = this.cards.get(place);
    if (this.earlier.withdraw(place, hit_id)) this.tell.counted(this);
    const hit = card?.hits.get(hit_id);
    if (hit === undefined) return;
    const lister = passing.lister(hit, card.claims);
    if (!card.remove(hit_id)) {
      if (card.shown) this.leaveNotice(card, hit, "gone", `Taken away: ${reason}`);
      this.take_away(card);
      return;
    }
    card.tick(this.now());
    if (lists(card, hit.entry.entry_id) || !card.shown) return;
    this.leaveNotice(card, hit, "stays", `No longer listed by ${lister}: ${reason}`);
  }

  /** Say above the card, or in its place, what was withdrawn and why. @param {"gone" | "stays"} state of the card */
  leaveNotice(card, { plate_listed }, state, text) {
    const notice = element(
      "p",
      { class: "notice", "data-card": state },
      element("span", { class: "mono personal" }, plate_listed),
      element("span", { class: "notice-text" }, text),
    );
    card.article.before(notice);
    setTimeout(() => notice.remove(), NOTICE_MS);
    this.tell.said(`${spell(plate_listed)}: ${text}`);
  }

  take_away(card) {
    const focused = card.article.contains(document.activeElement);
    const next = nearest(card.article);
    this.cards.delete(card.key);
    card.article.remove();
    if (next && (focused || card.article.tabIndex === 0)) next.tabIndex = 0;
    if (next && focused) next.focus();
    this.tell.counted(this);
  }

  /** News of a hit. What was told before brings nothing back: the feed may bring the same events again. */
  update(hit, old) {
    const quiet = old || this.officer.mine(hit.acts?.[0] ?? {});
    const asks = hit.status === "open" && !hit.withdrawn;
    const isNew = told_ms(hit) > (this.known.get(hit.hit_id) ?? -1);
    if (asks || this.known.has(hit.hit_id)) this.know(hit.hit_id, told_ms(hit));
    const card = this.cards.get(key(hit));
    if (!card?.hits.has(hit.hit_id)) {
      this.earlier.update(key(hit), hit);
      if (asks && isNew) this.bring(hit, quiet);
      return;
    }
    const before = change(card);
    if (!card.update(hit)) return;
    card.tick(this.now());
    if (!quiet) this.tellChange(card, before);
  }

  /** Show a hit that asks for an answer and is not here: one that was not sent to us before or, since news
   * tell all of a hit, one whose card made room. */
  bring(hit, quiet) {
    const card = this.cards.get(key(hit));
    if (card === undefined) {
      const made = new Card(hit, this.officer);
      this.put(made, quiet);
      if (!quiet) this.tell.said(change(made));
      return;
    }
    const before = change(card);
    const isFurther = this.fold(card, hit, quiet);
    if (!quiet) this.tellChange(card, isFurther ? "" : before);
  }

  /** @param {Card} card @param {string} before how things stood, in words */
  tellChange(card, before) {
    if (change(card) === before) return;
    if (hit_is_open(card)) this.tell.fresh(card);
    this.tell.said(change(card));
  }

  /** Acts on their way have changed. @param {string} hit_id */
  handle(hit_id) {
    for (const card of this.cards.values()) if (card.hits.has(hit_id)) card.handle();
  }

  /** Say on its card that an act could not be recorded. @returns {boolean} whether there is one */
  refuse(hit_id, text) {
    const card = [...this.cards.values()].find(({ hits }) => hits.has(hit_id));
    if (card === undefined) return false;
    card.foot.problem = text;
    card.handle();
    return true;
  }

  /** Whose hits are this unit's own has changed. */
  redraw() {
    for (const card of this.cards.values()) card.handle();
  }

  /** An act by its key, on the card that has the focus. @param {string} name */
  act(name) {
    for (const card of this.cards.values()) if (card.article.contains(document.activeElement)) card.foot.press(name);
  }

  /** Let all ages count. */
  tick() {
    for (const card of this.cards.values()) card.tick(this.now());
  }

  clear() {
    this.cards.clear();
    this.known.clear();
    this.earlier.clear();
    this.list.replaceChildren();
    this.tell.counted(this);
  }

  pressed(event) {
    const { target } = event;
    if (event.key !== "Enter" || !(target instanceof HTMLElement) || !target.matches(".card")) return;
    event.preventDefault();
    for (const card of this.cards.values()) if (card.article === target) card.flip();
  }

  /** Move the focus by one card, or onto the first. @param {number} step +1 is down, -1 up */
  walk(step) {
    const articles = [...this.list.querySelectorAll(".card")];
    if (articles.length === 0) return;
    const at = articles.findIndex((article) => article.contains(document.activeElement));
    const to = at < 0 ? 0 : Math.min(articles.length - 1, Math.max(0, at + step));
    for (const article of articles) article.tabIndex = -1;
    articles[to].tabIndex = 0;
    articles[to].focus();
  }
}

/** How things stand, as it is read out. @param {Card} card */
function change({ best, standing, claims, outOfDate }) {
  const outdated = claims.length > 1 ? claims.filter(({ entry }) => outOfDate.has(entry.entry_id)) : [];
  const said = outdated.map((hit) => `. Entry of ${passing.lister(hit, claims)} said to be out of date`);
  return `${spell(best.plate_listed)}: ${told(standing)}${said.join("")}`;
}

/** That a card which asks for nothing now has a further entry. @param {Card} card */
function further({ claims }, hit) {
  const asks = [words.response(passing.response(hit)), ...passing.warnings([hit])].join(". ");
  return `${spell(hit.plate_listed)}: also listed by ${passing.lister(hit, claims)}. ${asks}`;
}

function lists(card, entry_id) {
  return card.claims.some(({ entry }) => entry.entry_id === entry_id);
}

function hit_is_open(card) {
  return card.standing.status === "open";
}

/** Let a card light up once more; laying it out in between restarts the animation. */
function glow(article) {
  article.classList.remove("fresh");
  void article.offsetWidth;
  article.classList.add("fresh");
}

function nearest(article) {
  const later = article.nextElementSibling;
  const found = later?.matches(".card") ? later : article.previousElementSibling;
  return found?.matches(".card") ? found : null;
}

/** What is read out for a new sighting. @param {Card} card */
export function spoken({ best, newest, claims, current }) {
  const place = [newest.camera.road, words.bound(newest.read.heading ?? newest.camera.heading)];
  const said = [
    ...passing.responses(current).map(words.response),
    words.tier(best.tier),
    spell(best.plate_listed),
    place.filter(Boolean).join(" "),
    newest.camera.name ?? "",
  ];
  if (claims.length > 1) said.push(...current.map((hit) => listing(hit, claims)));
  return said.join(". ");
}

function listing(hit, claims) {
  const warnings = passing.warnings([hit]);
  const beware = warnings.length > 0 ? `, warning: ${warnings.join(", ")}` : "";
  return `Listed by ${passing.lister(hit, claims)}${beware}`;
}
