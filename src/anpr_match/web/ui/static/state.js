/** The state line: how the link to the service stands, in words, never better than it is. */

import { part } from "./dom.js";
import * as words from "./words.js";

const WORDS = {
  live: "Live",
  "catching-up": "Catching up",
  offline: "Offline",
  replaced: "Opened on another screen",
  refused: "Signed out",
};

export class StateLine {
  constructor() {
    this.box = part("state");
    this.word = part("state-word");
    this.more = part("state-more");
    this.detail = { state: "offline", since: Date.now() };
    this.heard_at = null;
  }

  /** @param {{state: string, since: number, left?: number, retry_at?: number}} detail */
  change(detail) {
    this.detail = detail;
    this.box.dataset.state = detail.state;
    const word = WORDS[detail.state];
    if (this.word.textContent !== word) this.word.textContent = word;
    this.tick(Date.now());
  }

  heard() {
    this.heard_at = Date.now();
  }

  /** @param {number} revision of the watchlist that the service matches with */
  list(revision) {
    part("revision").textContent = revision.toLocaleString("en-GB");
  }

  /** @param {number} now_ms */
  tick(now_ms) {
    const text = this.text(now_ms);
    if (this.more.textContent !== text) this.more.textContent = text;
  }

  text(now_ms) {
    const { state, since, left, retry_at } = this.detail;
    if (state === "live") return `heard ${words.span((now_ms - (this.heard_at ?? now_ms)) / 1000)} ago`;
    if (state === "catching-up") return left === 1 ? "1 event left" : `${left} events left`;
    if (state === "offline") {
      const wait_s = ((retry_at ?? now_ms) - now_ms) / 1000;
      const next = wait_s >= 1 ? `trying again in ${words.span(wait_s)}` : "trying again";
      return `for ${words.stopwatch((now_ms - since) / 1000)}, ${next}`;
    }
    return "";
  }
}
