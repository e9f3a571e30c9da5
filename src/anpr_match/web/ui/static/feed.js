/**
 * The link to the service: a websocket that loses nothing and repeats nothing.
 *
 * Events come from one log. The page holds everything up to `position`; each event names the one
 * before it (`prev`), so a hole is seen at once and the link goes back to where it was. What lies
 * before the link began, or outside the window of the service, is fetched over `GET /v1/hits`.
 *
 * Tells with events: `state` {state, left, retry_at, since, code, unfetched}, `happened` {type, hit, old},
 * `revision` {revision}, `unit` {unit} (who the service says we are; null for none), `heard`.
 */

import { randomName } from "./queue.js";

/** As many as the board has places: what is shown outlives a reload. */
const BACKLOG_EVENTS = 120;
const PAGE_EVENTS = 200;
const RETRY_MIN_S = 0.5;
const RETRY_MAX_S = 30;
const WELCOME_WAIT_S = 10;
const PING_EVERY_S = 5;
const SILENCE_HEARTBEATS = 2.5;
const ACK_AFTER_MS = 250;
const SETTLED_MS = 1_000;
const POSITION = "anpr.position";
const DEVICE = "anpr.device";

/** Close codes after which coming back by itself would be wrong. */
const FINAL = new Map([
  [4401, "refused"],
  [4403, "refused"],
  [4409, "replaced"],
]);

/** Answers to the call for a ticket, as the code that a socket would close with. */
const REFUSALS = new Map([
  [401, 4401],
  [403, 4403],
]);

export class Feed extends EventTarget {
  /** @param {{token: string}} access */
  constructor({ token }) {
    super();
    this.token = token;
    /** @type {{epoch: string, seq: number} | null} everything up to here is on the page */
    this.position = null;
    /** All that came after this place was told here; before it there may be more. */
    this.begins = 0;
    /** Up to this place the service keeps nothing any more, as far as it said. */
    this.floor = 0;
    this.state = "offline";
    this.since = Date.now();
    this.heard = 0;
    this.event_at = 0;
    this.tries = 0;
    this.timers = { retry: 0, welcome: 0, watch: 0, ack: 0 };
    this.online = () => this.connect();
    this.offline = () => this.lost();
  }

  start() {
    addEventListener("online", this.online);
    addEventListener("offline", this.offline);
    this.connect();
  }

  stop() {
    removeEventListener("online", this.online);
    removeEventListener("offline", this.offline);
    this.drop();
    clearTimeout(this.timers.retry);
  }

  /** Open the link now; one that is open or opening is left alone. */
  connect() {
    if (this.socket || this.opening) return;
    clearTimeout(this.timers.retry);
    const opening = {};
    this.opening = opening;
    ticket(this.token).then(
      (answer) => this.opening === opening && this.open(answer),
      () => this.opening === opening && this.lost(),
    );
  }

  /** Open the socket with a ticket, so that the token itself is in no frame; or take the refusal. */
  open({ status, ticket }) {
    this.opening = null;
    if (REFUSALS.has(status)) {
      this.closed(REFUSALS.get(status));
      return;
    }
    if (ticket === null) {
      this.lost();
      return;
    }
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/v1/hits/ws`, ["anpr.hits.v1"]);
    this.socket = socket;
    this.filling = null;
    this.timers.welcome = setTimeout(() => this.lost(), WELCOME_WAIT_S * 1000);
    const ifCurrent = (act) => (event) => this.socket === socket && act(event);
    socket.onopen = ifCurrent(() => this.send({ type: "hello", ticket, device: device(), resume: this.position }));
    socket.onmessage = ifCurrent((event) => this.take(JSON.parse(event.data)));
    socket.onclose = ifCurrent((event) => this.closed(event.code));
  }

  send(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  take(frame) {
    this.heard = Date.now();
    this.tell("heard");
    if (frame.watchlist_revision !== undefined) this.tell("revision", { revision: frame.watchlist_revision });
    if (frame.type === "welcome") this.welcomed(frame);
    else if (frame.type === "reset") this.fill(frame);
    else if (frame.type === "heartbeat" && this.heard - this.event_at > SETTLED_MS) this.caughtUp();
    else if (frame.seq !== undefined) this.arrived(frame);
  }

  welcomed(frame) {
    clearTimeout(this.timers.welcome);
    this.tries = 0;
    this.head = frame.head_seq;
    this.tell("unit", { unit: frame.unit ?? null });
    this.watch(frame.heartbeat_s);
    if (this.position === null || this.position.epoch !== frame.epoch) this.fill(frame);
    else this.progress();
  }

  /** Fetch what the link will not bring: from the last known place, or a window back, to the head. */
  async fill({ epoch, head_seq, floor_seq }) {
    const known = this.position ?? remembered();
    const back = Math.max(floor_seq, head_seq - BACKLOG_EVENTS);
    const after = known?.epoch === epoch ? Math.max(floor_seq, Math.min(back, known.seq)) : back;
    // Where the page held everything up to `after`, it still does; else here is where its part of the log begins.
    if (this.position?.epoch !== epoch || after > this.position.seq) [this.begins, this.floor] = [after, 0];
    const filling = { queue: [], socket: this.socket };
    this.filling = filling;
    this.tail = head_seq;
    this.head = head_seq;
    this.position = { epoch, seq: after };
    try {
      await this.fetchUpTo(head_seq, filling);
    } catch {
      if (this.filling === filling) this.lost();
      return;
    }
    if (this.filling !== filling) return;
    this.hold(head_seq);
    this.filling = null;
    for (const frame of filling.queue) this.apply(frame, false);
    this.caughtUp();
  }

  async fetchUpTo(head_seq, filling) {
    const headers = { Authorization: `Bearer ${this.token}` };
    let after = this.position.seq;
    while (after < head_seq && this.filling === filling) {
      const answer = await fetch(`/v1/hits?after=${after}&limit=${PAGE_EVENTS}`, { headers, cache: "no-store" });
      if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
      const { items, next, floor_seq } = await answer.json();
      if (this.filling !== filling) return;
      this.floor = floor_seq;
      if (next <= after) return;
      for (const item of items.filter((event) => event.seq <= head_seq)) this.apply(item, true);
      after = next;
    }
  }

  /** An event from the link: the next one, one that is known, or one after a hole. */
  arrived(frame) {
    const tail = this.filling ? this.tail : this.position.seq;
    if (frame.seq <= tail) return;
    if (frame.prev !== tail) {
      this.lost();
      return;
    }
    this.tail = frame.seq;
    if (this.filling) this.filling.queue.push(frame);
    else this.apply(frame, frame.seq <= this.head);
  }

  apply(frame, old) {
    this.event_at = Date.now();
    this.tell("happened", { type: frame.type, hit: frame.hit, old });
    this.hold(frame.seq);
    this.progress();
  }

  hold(seq) {
    this.position = { epoch: this.position.epoch, seq };
    sessionStorage.setItem(POSITION, JSON.stringify(this.position));
    if (this.timers.ack) return;
    this.timers.ack = setTimeout(() => this.acknowledge(), ACK_AFTER_MS);
  }

  acknowledge() {
    this.timers.ack = 0;
    if (!this.filling) this.send({ type: "ack", seq: this.position.seq });
  }

  progress() {
    const left = this.head - this.position.seq;
    if (left > 0) this.become("catching-up", { left });
    else this.caughtUp();
  }

  /** All is here: the head was reached, or nothing came for a while and the rest is not ours to see. */
  caughtUp() {
    if (this.filling || this.position === null) return;
    this.become("live", { unfetched: this.begins > this.floor });
  }

  /** Ask for a sign of life now and then; without one for too long, the link is dead. */
  watch(heartbeat_s) {
    const silence_ms = Math.min(heartbeat_s, PING_EVERY_S) * SILENCE_HEARTBEATS * 1000;
    clearInterval(this.timers.watch);
    this.timers.watch = setInterval(() => {
      if (Date.now() - this.heard > silence_ms) this.lost();
      else this.send({ type: "ping" });
    }, PING_EVERY_S * 1000);
  }

  closed(code) {
    const final = FINAL.get(code);
    if (final === undefined) {
      this.lost();
      return;
    }
    this.drop();
    this.become(final, { code });
  }

  /** The link is gone: say so, and come back after a random wait that grows (full jitter). */
  lost() {
    this.drop();
    const bound_s = Math.min(RETRY_MAX_S, RETRY_MIN_S * 2 ** this.tries);
    this.tries += 1;
    const wait_ms = Math.max(0.1, Math.random() * bound_s) * 1000;
    this.become("offline", { retry_at: Date.now() + wait_ms });
    this.timers.retry = setTimeout(() => this.connect(), wait_ms);
  }

  drop() {
    this.opening = null;
    clearTimeout(this.timers.welcome);
    clearInterval(this.timers.watch);
    clearTimeout(this.timers.ack);
    clearTimeout(this.timers.retry);
    this.timers.ack = 0;
    this.filling = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  become(state, more = {}) {
    if (state !== this.state) this.since = Date.now();
    this.state = state;
    this.tell("state", { state, since: this.since, ...more });
  }

  tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @returns {Promise<{status: number, ticket: string | null}>} a ticket that opens one socket */
async function ticket(token) {
  const headers = { Authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(WELCOME_WAIT_S * 1000);
  const answer = await fetch("/v1/ws-tickets", { method: "POST", headers, signal });
  return { status: answer.status, ticket: answer.ok ? (await answer.json()).ticket : null };
}

/** This tab's name for itself: the newest socket of a tab is the one that counts. */
function device() {
  const name = sessionStorage.getItem(DEVICE) ?? randomName();
  sessionStorage.setItem(DEVICE, name);
  return name;
}

/** Where this tab was before it was loaded again: an epoch and a number, nothing of any hit. */
function remembered() {
  const kept = sessionStorage.getItem(POSITION);
  return kept === null ? null : JSON.parse(kept);
}

/** Forget where this tab was: at sign-out. */
export function forget() {
  sessionStorage.removeItem(POSITION);
}
