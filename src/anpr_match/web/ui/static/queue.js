/**
 * Officers' acts on their way to the service: sent at once, kept while there is no link, each with the
 * time at which it was done. The service takes the same act once, so sending again does no harm.
 *
 * Tells with events: `changed` {hit_id}, `recorded` {act, hit, status}, `refused` {act, status, detail}.
 */

const KEPT = "anpr.acts";
const TRY_AGAIN_MS = 5_000;
const WAIT_MS = 10_000;
const ACTS_MAX = 200;
/** Answers after which the same act may go through later. */
const LATER = new Set([408, 429, 500, 502, 503, 504]);

export class Queue extends EventTarget {
  /** @param {{token: string, now: () => number}} access `now`: the time in ms, by the clock of the service */
  constructor({ token, now }) {
    super();
    this.token = token;
    this.now = now;
    /** @type {{hit_id: string, path: string, body: object}[]} oldest first; names no plate */
    this.acts = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    this.sending = false;
    this.timer = 0;
    this.online = () => this.flush();
    addEventListener("online", this.online);
  }

  /** Forget what is kept: at sign-out. */
  stop() {
    removeEventListener("online", this.online);
    clearTimeout(this.timer);
    this.acts = [];
    sessionStorage.removeItem(KEPT);
  }

  /** What of this hit is still on its way. @param {string} hit_id */
  waiting(hit_id) {
    return this.acts.filter((act) => act.hit_id === hit_id).map((act) => act.body);
  }

  /**
   * @param {string} hit_id
   * @param {"acknowledgements" | "outcomes"} path
   * @param {object} said the body of the act without time and id
   */
  add(hit_id, path, said) {
    const body = { ...said, at: new Date(this.now()).toISOString(), act_id: randomName() };
    this.acts = [...this.acts, { hit_id, path, body }].slice(-ACTS_MAX);
    this.keep(hit_id);
    this.flush();
  }

  keep(hit_id) {
    sessionStorage.setItem(KEPT, JSON.stringify(this.acts));
    this.dispatchEvent(new CustomEvent("changed", { detail: { hit_id } }));
  }

  /** Send what there is, oldest first; what does not get through is tried again. */
  async flush() {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      while (this.acts.length > 0 && (await this.sent(this.acts[0])));
    } finally {
      this.sending = false;
    }
    if (this.acts.length > 0) this.timer = setTimeout(() => this.flush(), TRY_AGAIN_MS);
  }

  /** @returns {Promise<boolean>} whether the service has answered for good */
  async sent(act) {
    const answer = await fetch(`/v1/hits/${encodeURIComponent(act.hit_id)}/${act.path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(act.body),
      cache: "no-store",
      signal: AbortSignal.timeout(WAIT_MS),
    }).catch(() => null);
    if (answer === null || LATER.has(answer.status)) return false;
    const told = await answer.json().catch(() => ({}));
    if (!this.acts.includes(act)) return false;
    this.acts = this.acts.filter((other) => other !== act);
    this.keep(act.hit_id);
    const { status } = answer;
    const detail = answer.ok ? { act, hit: told, status } : { act, status, detail: told.detail ?? "" };
    this.dispatchEvent(new CustomEvent(answer.ok ? "recorded" : "refused", { detail }));
    return true;
  }
}

/** A name that nobody else has; also where the page is served without TLS. */
export function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
