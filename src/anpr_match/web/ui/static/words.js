/** Codes and numbers of the feed in words that an officer reads at a glance. */

const FORCES = {
  beds: "Bedfordshire",
  cambs: "Cambridgeshire",
  herts: "Hertfordshire",
  norfolk: "Norfolk",
  suffolk: "Suffolk",
  essex: "Essex",
  kent: "Kent",
};

const RESPONSES = {
  stop: "Stop",
  stop_with_caution: "Stop with caution",
  observe: "Observe, do not stop",
  log_only: "For the record only",
};

const TIERS = {
  exact: "Exact",
  probable: "Probable – check plate",
  possible: "Possible – check plate",
};

const ACTS = {
  acknowledge: "Seen",
  take: "Taking it",
  give_back: "Given back",
  misread: "Not it: misread",
  different_vehicle: "Not it: different vehicle",
  dealt_with: "Not it: already dealt with",
  out_of_date: "Not it: entry out of date",
  cpw: "Community Protection Warning",
  cpn: "Community Protection Notice",
};

const BOUNDS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

/** @param {string} code @returns {string} */
export function force(code) {
  return FORCES[code] ?? plain(code);
}

/** @param {string} code @returns {string} */
export function response(code) {
  return RESPONSES[code] ?? plain(code);
}

/** @param {string} code @returns {string} */
export function tier(code) {
  return TIERS[code] ?? plain(code);
}

/** What was done, of an act as it is sent or told. @param {object} said @returns {string} */
export function act(said) {
  const code = said.kind === "not_it" ? said.answer : (said.outcome ?? said.kind);
  return ACTS[code] ?? plain(code);
}

/** A code such as `hare_coursing` as words: "Hare coursing". @param {string} code @returns {string} */
export function plain(code) {
  const spaced = code.replaceAll("_", " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Several words for a list: none, one, or joined by a middle dot. @param {(string | null | undefined)[]} all */
export function joined(all) {
  return all.filter(Boolean).join(" · ");
}

/**
 * A chance from 0 to 1 in whole per cent. Certainty is not claimed by rounding.
 * @param {number} probability
 * @returns {string}
 */
export function percent(probability) {
  if (probability > 0.99 && probability < 1) return "over 99 %";
  if (probability > 0 && probability < 0.01) return "under 1 %";
  return `${Math.round(probability * 100)} %`;
}

/**
 * How long ago, counting in seconds for an hour and then in hours and minutes.
 * @param {number} age_s seconds; below zero when a clock is off
 * @returns {string}
 */
export function ago(age_s) {
  if (age_s < -1) return `${span(-age_s)} ahead of the clock`;
  return `${span(Math.max(0, age_s))} ago`;
}

/** A span of time in its two largest units. @param {number} span_s seconds @returns {string} */
export function span(span_s) {
  const seconds = Math.floor(span_s);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  const days = Math.floor(hours / 24);
  return `${days} d ${hours % 24} h`;
}

/** Minutes and seconds on a running clock: 02:13. @param {number} span_s seconds @returns {string} */
export function stopwatch(span_s) {
  const seconds = Math.max(0, Math.floor(span_s));
  const minutes = String(Math.floor(seconds / 60)).padStart(2, "0");
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The way the traffic goes: "eastbound". @param {number | null | undefined} heading degrees from north */
export function bound(heading) {
  if (heading === null || heading === undefined) return null;
  const eighth = Math.round((((heading % 360) + 360) % 360) / 45) % 8;
  return `${BOUNDS[eighth]}bound`;
}

/** How many acts wait, as the beginning of a sentence. @param {number} count @returns {string} */
export function acts(count) {
  return count === 1 ? "1 act waits" : `${count} acts wait`;
}

/** That acts were never sent, and are not going to be. @param {number} count @returns {string} */
export function unsent(count) {
  if (count === 0) return "";
  const what = count === 1 ? "1 act of yours was" : `${count} acts of yours were`;
  return `${what} not recorded: no link for over 24 h. Tell your control room.`;
}

/**
 * That hits were shown and are not any more, or may never have been.
 * @param {{size: number, unfetched: boolean}} earlier what is not on the board
 * @returns {string}
 */
export function earlier({ size, unfetched }) {
  const what = size === 1 ? "1 earlier hit is" : `${size} earlier hits are`;
  if (unfetched && size === 0) return "There may be earlier hits that are not shown here. Your control room can look them up.";
  if (unfetched) return `At least ${what} not shown here. Your control room can look them up.`;
  if (size === 0) return "";
  return `${what} not shown here, to make room for newer ones. All are kept: your control room can look them up.`;
}

/** The time of day where the page is read. @param {string | null} at RFC 3339 @returns {string} */
export function clock(at) {
  if (!at) return "not known";
  const when = new Date(at);
  const time = when.toLocaleTimeString("en-GB", { hour12: false });
  const today = when.toDateString() === new Date().toDateString();
  return today ? time : `${when.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
}
