/**
 * Officers' acts on their way to the service: sent at once, kept while there is no link, each with the
 * time at which it was done. The service takes the same act once, so sending again does no harm.
 *
 * An act outlives its sign-in: the service takes acts after the shift as well, when it has closed the feed.
 * So each goes with the token of the unit that did it, until there is an answer or someone discards it.
 *
 * Tells with events: `changed` {hit_id}, `recorded` {act, hit, status}, `refused` {act, detail}.
 */

const KEPT = "anpr.acts";
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
    /** Of the unit that is signed in. @type {string | null} */
    this.token = null;
    /** @type {{hit_id: string, path: string, body: object, token: string}[]} oldest first; names no plate */
    this.acts = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    /** Until when nothing is tried with a token. @type {Map<string, {tries: number, until: number, answered: boolean}>} */
    this.rests = new Map();
    this.sending = false;
    this.timer = 0;
    addEventListener("online", () => this.hurry());
  }

  /** How many acts wait of units that are signed out. */
  get left() {
    return this.acts.filter(({ token }) => token !== this.token).length;
  }

  /** Discard what is kept. */
  clear() {
    clearTimeout(this.timer);
    this.acts = [];
    this.rests.clear();
    this.keep(null);
  }

  /** What the unit did on this hit that is still on its way. @param {string} hit_id */
  waiting(hit_id) {
    return this.acts.filter((act) => act.hit_id === hit_id && act.token === this.token).map((act) => act.body);
  }

  /**
   * @param {string} hit_id
   * @param {"acknowledgements" | "outcomes"} path
   * @param {object} said the body of the act without time and id
   */
  add(hit_id, path, said) {
    const body = { ...said, at: new Date(this.now()).toISOString(), act_id: randomName() };
    const act = { hit_id, path, body, token: this.token };
    if (this.acts.length >= ACTS_MAX) {
      this.tell("refused", { act, detail: `${ACTS_MAX} acts wait to be sent already.` });
      return;
    }
    this.acts = [...this.acts, act];
    this.keep(hit_id);
    this.flush();
  }

  keep(hit_id) {
    if (this.acts.length > 0) sessionStorage.setItem(KEPT, JSON.stringify(this.acts));
    else sessionStorage.removeItem(KEPT);
    this.tell("changed", { hit_id });
  }

  /** The link is back: what it held up goes now. A service that put us off is not hurried. */
  hurry() {
    for (const [token, rest] of this.rests) if (!rest.answered) this.rests.delete(token);
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
    if (this.acts.length === 0) return;
    const next = Math.min(...this.acts.map(({ token }) => this.rests.get(token).until));
    this.timer = setTimeout(() => this.flush(), Math.max(0, next - performance.now()));
  }

  /** The oldest act whose token does not rest: one that is no good holds up no other. */
  due() {
    const now = performance.now();
    return this.acts.find(({ token }) => (this.rests.get(token)?.until ?? 0) <= now);
  }

  async send(act) {
    const answer = await fetch(`/v1/hits/${encodeURIComponent(act.hit_id)}/${act.path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${act.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(act.body),
      cache: "no-store",
      signal: AbortSignal.timeout(WAIT_MS),
    }).catch(() => null);
    if (answer === null || answer.status >= 500 || LATER.has(answer.status)) {
      this.rest(act.token, answer !== null);
      return;
    }
    this.rests.delete(act.token);
    const told = await answer.json().catch(() => ({}));
    if (!this.acts.includes(act)) return;
    this.acts = this.acts.filter((other) => other !== act);
    this.keep(act.hit_id);
    if (answer.ok) this.tell("recorded", { act, hit: told, status: answer.status });
    else this.tell("refused", { act, detail: told.detail ?? "" });
  }

  /** Try a token again after a wait that grows, half of it random. */
  rest(token, answered) {
    const tries = (this.rests.get(token)?.tries ?? 0) + 1;
    const bound_ms = Math.min(TRY_AGAIN_MAX_MS, TRY_AGAIN_MS * 2 ** (tries - 1));
    const until = performance.now() + bound_ms * (0.5 + Math.random() / 2);
    this.rests.set(token, { tries, until, answered });
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
