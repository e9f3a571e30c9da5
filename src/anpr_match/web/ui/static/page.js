/** The live page: signs in, opens the feed, and says honestly how the link stands. */

import { Board, spoken } from "./board.js";
import { part } from "./dom.js";
import { Feed, forget } from "./feed.js";
import { author } from "./kept.js";
import { Queue } from "./queue.js";
import { Sound } from "./sound.js";
import { StateLine } from "./state.js";
import * as theme from "./theme.js";
import * as words from "./words.js";

const TOKEN = "anpr.token";
const CALLSIGN = "anpr.callsign";
const ME = "anpr.me";
const TICK_MS = 500;
const CLOCK_OFF_MS = 3_000;

const queue = new Queue(now);
const sound = new Sound();
const line = new StateLine();
const officer = { act, mine, waiting: (hit_id) => queue.waiting(hit_id) };
const board = new Board(part("cards"), { fresh: announce, said: say, counted: count }, now, officer);
const ACT_KEYS = { a: "acknowledge", t: "take", n: "not_it", o: "outcome", g: "give_back" };

/** @type {Feed | null} */
let feed = null;
/** Who this unit is to the service, which says so as the link opens: a unit or a callsign. @type {string | null} */
let me = null;
/** Whether the service has opened the link and not said who this is; then the first act tells. */
let nameless = false;
/** @type {{unit: string, token: string} | null} */
let demo = null;
/** Whether the token was typed in here, and not found. */
let typed = false;
/** What could not be recorded and has no card to say so. */
let lost = "";
/** How far the clock of this device is behind that of the service. */
let behind_ms = 0;
/** Whether the clock of the service has been seen. */
let clocked = false;
/** How many acts were never sent. */
let unsent = 0;
/** Who was told so. @type {string | null} */
let toldTo = null;

async function begin() {
  theme.begin(part("theme"));
  part("sign-in-form").addEventListener("submit", signInByHand);
  part("demo-open").addEventListener("click", openDemo);
  part("leave").addEventListener("click", leave);
  part("discard").addEventListener("click", dismiss);
  part("asked-stay").addEventListener("click", () => part("asked").close());
  part("asked-leave").addEventListener("click", signOut);
  part("shift").addEventListener("click", shift);
  part("retake").addEventListener("click", () => feed?.connect());
  part("uncover").addEventListener("click", () => cover(false));
  addEventListener("keydown", pressed);
  document.addEventListener("visibilitychange", () => !document.hidden && feed?.state === "offline" && feed.connect());
  setInterval(tick, TICK_MS);
  queue.addEventListener("changed", ({ detail }) => {
    if (detail.hit_id === null) board.redraw();
    else board.handle(detail.hit_id);
    tellWaiting();
  });
  queue.addEventListener("recorded", ({ detail }) => recorded(detail));
  queue.addEventListener("refused", ({ detail }) => refusedAct(detail));
  queue.addEventListener("expired", ({ detail }) => expired(detail.count));
  queue.flush();
  tellWaiting();
  await lookForDemo();
  if (clocked) queue.expire();
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) open(token, sessionStorage.getItem(CALLSIGN) ?? "");
  else if (demo !== null) open(demo.token, demo.unit);
  else ask("");
}

/** Look for the ready sign-in that a demonstration offers on its own machine, and nothing else does. */
async function lookForDemo() {
  const answer = await fetch("/demo/session", { cache: "no-store" }).catch(() => null);
  setClock(answer?.headers.get("Date"));
  demo = answer?.status === 200 ? await answer.json() : null;
  part("demo").hidden = demo === null;
  part("demo-open").hidden = demo === null;
  if (demo !== null) part("demo-open").textContent = `Open as ${demo.unit}`;
}

async function openDemo() {
  await lookForDemo();
  if (demo === null) ask("The demonstration does not answer.");
  else open(demo.token, demo.unit);
}

/** Ages are told by the clock of the service, for that of a car may be wrong. The header has whole seconds. */
function setClock(date) {
  if (!date) return;
  clocked = true;
  const difference_ms = Date.parse(date) - Date.now();
  behind_ms = Math.abs(difference_ms) > CLOCK_OFF_MS ? difference_ms : 0;
}

function now() {
  return Date.now() + behind_ms;
}

function signInByHand(event) {
  event.preventDefault();
  const token = part("token").value.trim();
  if (token === "") {
    ask("Paste your token first.");
    return;
  }
  typed = true;
  open(token, part("callsign-field").value.trim());
}

function open(token, callsign) {
  sessionStorage.setItem(TOKEN, token);
  sessionStorage.setItem(CALLSIGN, callsign);
  part("token").value = "";
  part("callsign").textContent = callsign || "Patrol unit";
  show("signed-in");
  feed?.stop();
  me = sessionStorage.getItem(ME);
  if (author(token) !== toldTo) forgetNotices();
  toldTo = author(token);
  feed = new Feed({ token });
  queue.enter(token);
  feed.addEventListener("happened", ({ detail }) => board.take(detail));
  feed.addEventListener("unit", ({ detail }) => named(detail.unit));
  feed.addEventListener("revision", ({ detail }) => line.list(detail.revision));
  feed.addEventListener("heard", () => line.heard());
  feed.addEventListener("state", ({ detail }) => changed(detail));
  feed.start();
}

function changed(detail) {
  line.change(detail);
  if (detail.state === "live") {
    board.settle(detail.unfetched);
    queue.hurry();
  }
  part("retake").hidden = detail.state !== "replaced";
  if (detail.state === "refused") refused(detail.code);
}

/** Back to the sign-in with the reason; a tab left over from an older demonstration joins the new one. */
async function refused(code) {
  const { token } = feed;
  close();
  ask(code === 4403 ? "This token may not see hits." : "This token is not good, or no longer.");
  if (typed) return;
  await lookForDemo();
  if (demo !== null && demo.token !== token) open(demo.token, demo.unit);
}

/** Sign out; ask first when that would discard acts that nobody else has. */
function leave() {
  if (queue.mine === 0) {
    signOut();
    return;
  }
  part("asked").showModal();
  part("asked-stay").focus();
}

function signOut() {
  part("asked").close();
  forgetNotices();
  queue.clear();
  close();
  ask("");
}

/** Say what still waits: of units that are signed out beside the board, and all of it where we ask. */
function tellWaiting() {
  const told = [waitingHere(), waitingForOthers(), words.unsent(unsent), lost].filter(Boolean);
  part("unsent").hidden = told.length === 0;
  part("unsent-text").textContent = told.join(" ");
  const noticed = unsent > 0 || lost !== "";
  part("discard").hidden = queue.left > 0 ? feed !== null : !noticed;
  part("discard").textContent = queue.left > 0 ? "Discard" : "Close";
  const all = queue.mine;
  part("asked-text").textContent = all > 0 ? `${words.acts(all)} to be sent, and only this device has them.` : "All is sent.";
  part("asked-leave").textContent = all > 0 ? "Discard and sign out" : "Sign out";
}

function waitingHere() {
  const keep = queue.loose.size > 0 ? " Keep this tab open: this browser would not keep what you did." : "";
  return queue.left > 0 ? `${words.acts(queue.left)} from before to be sent.${keep}` : keep.trim();
}

/** Who is signed in need not know of others' acts; who might be their author should. */
function waitingForOthers() {
  if (feed !== null || queue.strange === 0) return "";
  return `${words.acts(queue.strange)} on this device until the unit that did it signs in here.`;
}

/** Take the notice away; ask first when that would discard acts. */
function dismiss() {
  if (queue.left > 0) {
    leave();
    return;
  }
  forgetNotices();
  tellWaiting();
}

/** What one unit was told is not for the next. */
function forgetNotices() {
  lost = "";
  unsent = 0;
}

function expired(count) {
  unsent += count;
  say(words.unsent(unsent));
  tellWaiting();
}

/** End the link and forget everything that this tab knew, but for acts that are on their way. */
function close() {
  feed?.stop();
  feed = null;
  line.change({ state: "offline", since: Date.now() });
  queue.exit();
  me = null;
  nameless = false;
  sessionStorage.removeItem(ME);
  sessionStorage.removeItem(TOKEN);
  sessionStorage.removeItem(CALLSIGN);
  forget();
  part("callsign").textContent = "anpr-match";
  board.clear();
  cover(false);
  tellWaiting();
  if (sound.on) shift();
}

function ask(problem) {
  show("signed-out");
  part("sign-in-problem").textContent = problem;
  part("token").focus();
}

function show(view) {
  document.body.dataset.view = view;
}

function shift() {
  if (sound.on) sound.silence();
  else sound.unlock();
  part("shift").setAttribute("aria-pressed", String(sound.on));
  part("shift-word").textContent = sound.on ? "Sound is on" : "Start shift";
  part("shift-more").textContent = sound.on ? "tap to silence" : "turns sound on";
}

/** A new sighting: heard and read out once. */
function announce(card) {
  sound.play(card.best.tier);
  part("alert").textContent = document.body.hasAttribute("data-covered") ? "New hit." : spoken(card);
}

function say(text) {
  part("news").textContent = document.body.hasAttribute("data-covered") ? "A card has changed." : text;
}

/** What the officer did on a card. */
function act(hit_id, path, said) {
  queue.add(hit_id, path, said);
}

/** Whether this unit is that one. */
function mine(actor) {
  return me !== null && (actor.unit_id ?? actor.callsign) === me;
}

/** The service has told who we are: what this unit did before, in another tab too, is its own. */
function named(unit) {
  nameless = unit === null;
  if (unit !== null) know(unit);
}

/** @param {{unit_id?: string | null, callsign: string}} actor this unit */
function know(actor) {
  const name = actor.unit_id ?? actor.callsign;
  if (name === me) return;
  me = name;
  sessionStorage.setItem(ME, me);
  board.redraw();
}

/** An act of ours is in the log: its answer is the hit as it stands. Only the answer to a new act, 201,
 * begins with that act; that to one sent again may begin with what another unit did since. */
function recorded({ act, hit, status }) {
  if (act.author !== queue.author) return;
  const [last] = hit.acts ?? [];
  if (nameless && me === null && status === 201 && last) know(last);
  board.update(hit, false);
}

function refusedAct({ act, detail }) {
  const text = `Not recorded: ${words.act(act.body)}. ${detail}`;
  say(text);
  if (act.author === queue.author && board.refuse(act.hit_id, text)) return;
  lost = text;
  tellWaiting();
}

function count({ cards, counts, earlier }) {
  part("empty").hidden = cards.size > 0;
  const said = words.earlier(earlier);
  part("earlier").hidden = said === "";
  part("earlier").textContent = said;
  for (const [tier, number] of Object.entries(counts)) part(`count-${tier}`).textContent = String(number);
}

/** The privacy key: hide what names a person or vehicle while somebody stands at the window. */
function cover(covered) {
  document.body.toggleAttribute("data-covered", covered);
  part("cover").hidden = !covered;
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || part("asked").open) return;
  if (event.key === "Escape") {
    cover(!document.body.hasAttribute("data-covered"));
  } else if (!event.target.matches("input")) {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step === undefined && ACT_KEYS[event.key] === undefined) return;
    event.preventDefault();
    if (step === undefined) board.act(ACT_KEYS[event.key]);
    else board.walk(step);
  }
}

function tick() {
  board.tick();
  if (clocked) queue.expire();
  line.tick(Date.now());
  part("clock").textContent = words.clock(new Date(now()).toISOString());
}

begin();
