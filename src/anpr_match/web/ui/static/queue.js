/**
 * Officers' acts on their way to the service: sent at once, kept while there is no link, each with the
 * time at which it was done. The service takes the same act once, so sending again does no harm.
 *
 * An act outlives its sign-in: the service takes acts after the shift as well, when it has closed the feed.
 * It outlives the tab too. It goes with the token of the unit that did it, which this tab forgets as it is
 * closed: then it waits until that unit signs in again on this device, for a day.
 *
 * Tells with events: `changed` {hit_id} (null: any), `recorded` {act, hit, status}, `refused` {act, detail},
 * `expired` {count}.
 */

import * as kept from "./kept.js";

const SENDERS = "anpr.senders";
const TRY_AGAIN_MS = 5_000;
const TRY_AGAIN_MAX_MS = 60_000;
const WAIT_MS = 10_000;
export const ACTS_MAX = 200;
/** Answers, beside all from 500 on, after which the same act may go through: 409 and 425 mean that the first
 * try is still under way, and a token may be made good again. */
const LATER = new Set([401, 408, 409, 425, 429]);

export class Queue extends EventTarget {
  /** @param {() => number} now the time in ms, by the clock of the service */
  constructor(now) {
    super();
    this.now = now;
    /** Who is signed in. @type {string | null} */
    this.author = null;
    /** The tokens of those whose acts this tab may send. @type {Map<string, string>} */
    this.senders = new Map(JSON.parse(sessionStorage.getItem(SENDERS) ?? "[]"));
    /** @type {Map<string, {hit_id: string, path: string, body: object, author: string, at: number}>} oldest first */
    this.acts = kept.all();
    /** Names of those that this browser would not keep. @type {Set<string>} */
    this.loose = new Set();
    /** Until when nothing is tried for an author. @type {Map<string, {tries: number, until: number, answered: boolean}>} */
    this.rests = new Map();
    this.sending = false;
    this.timer = 0;
    /** Whether records left over from long ago have been looked for. */
    this.swept = false;
    addEventListener("online", () => this.hurry());
    addEventListener("storage", ({ key }) => kept.concerns(key) && this.reload());
  }

  /** A unit signs in: its acts go from now on. @param {string} token */
  enter(token) {
    this.author = kept.author(token);
    this.senders.set(this.author, token);
    this.rememberSenders();
    this.tellExpired();
    this.tell("changed", { hit_id: null });
    this.flush();
  }

  /** Nobody is signed in; what this unit did still goes. */
  exit() {
    this.author = null;
    this.rememberSenders();
    this.tell("changed", { hit_id: null });
  }

  /** How many acts wait that this tab can send. */
  get mine() {
    return this.count(({ author }) => this.senders.has(author));
  }

  /** How many of those are of units that are signed out. */
  get left() {
    return this.count(({ author }) => this.senders.has(author) && author !== this.author);
  }

  /** How many wait for their authors to sign in. */
  get strange() {
    return this.count(({ author }) => !this.senders.has(author));
  }

  count(holds) {
    return [...this.acts.values()].filter(holds).length;
  }

  /** Discard what this tab could send. What others did is not for us to discard. */
  clear() {
    clearTimeout(this.timer);
    for (const [name, { author }] of [...this.acts]) if (this.senders.has(author)) this.forget(name);
    this.rests.clear();
    this.rememberSenders();
    this.tell("changed", { hit_id: null });
  }

  /** What the unit did on this hit that is still on its way. @param {string} hit_id */
  waiting(hit_id) {
    const acts = [...this.acts.values()].filter((act) => act.hit_id === hit_id && act.author === this.author);
    return acts.map((act) => act.body);
  }

  /**
   * @param {string} hit_id
   * @param {"acknowledgements" | "outcomes"} path
   * @param {object} said the body of the act without time and id
   */
  add(hit_id, path, said) {
    const at = this.now();
    const body = { ...said, at: new Date(at).toISOString(), act_id: randomName() };
    const act = { author: this.author, at, place: performance.now(), hit_id, path, body };
    if (this.count(({ author }) => author === this.author) >= ACTS_MAX) {
      this.tell("refused", { act, detail: `${ACTS_MAX} acts wait to be sent already.` });
      return;
    }
    this.acts.set(body.act_id, act);
    if (!kept.put(body.act_id, act)) this.loose.add(body.act_id);
    this.rememberSenders();
    this.tell("changed", { hit_id });
    this.flush();
  }

  forget(name) {
    this.acts.delete(name);
    this.loose.delete(name);
    kept.remove(name);
  }

  /** Another tab has done or sent something. What it does not send before it is closed is sent from here. */
  reload() {
    const loose = [...this.acts].filter(([name]) => this.loose.has(name));
    this.acts = new Map([...kept.all(), ...loose]);
    this.rememberSenders();
    this.tell("changed", { hit_id: null });
    if (this.sending) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), TRY_AGAIN_MS);
  }

  /** Let go of acts that are too old, and say so to who did them. The clock of the service must be known. */
  expire() {
    const old = [...this.acts].filter(([, { at }]) => this.now() - at > kept.KEEP_MS);
    if (old.length === 0 && this.swept) return;
    this.swept = true;
    kept.expire(this.now());
    const loose = old.filter(([name, { author }]) => this.loose.has(name) && this.senders.has(author)).length;
    for (const [name] of old) {
      this.acts.delete(name);
      this.loose.delete(name);
    }
    this.tellExpired(loose);
    this.rememberSenders();
    this.tell("changed", { hit_id: null });
  }

  /** @param {number} more acts that were not kept on this device */
  tellExpired(more = 0) {
    const count = [...this.senders.keys()].reduce((sum, author) => sum + kept.takeExpired(author), more);
    if (count > 0) this.tell("expired", { count });
  }

  /** Keep the tokens that are needed: of who is signed in, and of whose acts wait. */
  rememberSenders() {
    const needed = new Set([...this.acts.values()].map(({ author }) => author));
    for (const author of [...this.senders.keys()]) {
      if (author !== this.author && !needed.has(author)) this.senders.delete(author);
    }
    const waiting = [...this.senders].filter(([author]) => needed.has(author));
    if (waiting.length === 0) sessionStorage.removeItem(SENDERS);
    else kept.tryTo(() => sessionStorage.setItem(SENDERS, JSON.stringify(waiting)));
  }

  /** The link is back: what it held up goes now. A service that put us off is not hurried. */
  hurry() {
    for (const [author, rest] of this.rests) if (!rest.answered) this.rests.delete(author);
    this.flush();
  }

  /** Send what there is, oldest first for each unit; what does not get through is tried again. */
  async flush() {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      for (let act = this.due(); act !== undefined; act = this.due()) await this.send(act);
    } finally {
      this.sending = false;
    }
    if (this.mine === 0) return;
    const authors = [...this.acts.values()].map(({ author }) => author).filter((author) => this.senders.has(author));
    const next = Math.min(...authors.map((author) => this.rests.get(author)?.until ?? 0));
    this.timer = setTimeout(() => this.flush(), Math.max(0, next - performance.now()));
  }

  /** The oldest act whose author is known and does not rest: a token that is no good holds up no other. */
  due() {
    const now = performance.now();
    const ready = ({ author }) => this.senders.has(author) && (this.rests.get(author)?.until ?? 0) <= now;
    return [...this.acts.values()].find(ready);
  }

  async send(act) {
    const answer = await fetch(`/v1/hits/${encodeURIComponent(act.hit_id)}/${act.path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.senders.get(act.author)}`, "Content-Type": "application/json" },
      body: JSON.stringify(act.body),
      cache: "no-store",
      signal: AbortSignal.timeout(WAIT_MS),
    }).catch(() => null);
    if (answer === null || answer.status >= 500 || LATER.has(answer.status)) {
      this.rest(act.author, answer !== null);
      return;
    }
    this.rests.delete(act.author);
    const told = await answer.json().catch(() => ({}));
    if (!this.acts.has(act.body.act_id)) return;
    this.forget(act.body.act_id);
    this.rememberSenders();
    this.tell("changed", { hit_id: act.hit_id });
    if (answer.ok) this.tell("recorded", { act, hit: told, status: answer.status });
    else this.tell("refused", { act, detail: told.detail ?? "" });
  }

  /** Try an author's acts again after a wait that grows, half of it random. */
  rest(author, answered) {
    const tries = (this.rests.get(author)?.tries ?? 0) + 1;
    const bound_ms = Math.min(TRY_AGAIN_MAX_MS, TRY_AGAIN_MS * 2 ** (tries - 1));
    const until = performance.now() + bound_ms * (0.5 + Math.random() / 2);
    this.rests.set(author, { tries, until, answered });
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** A name that nobody else has; also where the page is served without TLS. */
export function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
