/** What is not on the board: the cards that made room for newer ones, so that none goes without a word, and
 * what was never fetched. */

const KEPT_MAX = 5_000;

export class Earlier {
  constructor() {
    /** @type {Map<string, Map<string, object>>} by the key of each card its hits; the card that went last is last */
    this.cards = new Map();
    /** How many went so long ago that only their number is kept. */
    this.more = 0;
    /** Whether there may be hits of which this page never heard. */
    this.unfetched = false;
  }

  /** How many passings of vehicles were shown and are not any more. */
  get size() {
    return this.cards.size + this.more;
  }

  /** @param {import("./card.js").Card} card one that goes */
  add(card) {
    this.cards.set(card.key, new Map(card.hits));
    if (this.cards.size <= KEPT_MAX) return;
    this.cards.delete(this.cards.keys().next().value);
    this.more += 1;
  }

  /** News of a hit, so that it stands as it should when its card comes back. @param {string} key of its card */
  update(key, hit) {
    const held = this.cards.get(key)?.get(hit.hit_id);
    if (held !== undefined) this.cards.get(key).set(hit.hit_id, { ...held, ...hit });
  }

  /** A passing is on the board again. @param {string} key of its card @returns {object[]} the hits that it had */
  back(key) {
    const hits = [...(this.cards.get(key)?.values() ?? [])];
    this.cards.delete(key);
    return hits;
  }

  /** A hit was withdrawn: the board would not have its card any more if it had no other. @returns {boolean} whether one went */
  withdraw(key, hit_id) {
    const hits = this.cards.get(key);
    return hits !== undefined && hits.delete(hit_id) && hits.size === 0 && this.cards.delete(key);
  }

  clear() {
    this.cards.clear();
    this.more = 0;
    this.unfetched = false;
  }
}
