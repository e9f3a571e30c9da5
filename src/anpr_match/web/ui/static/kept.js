/**
 * Acts that wait, on this device: they outlive the tab and the browser. Each has a record of its own, so
 * that two tabs never overwrite each other's. A record holds the id of a hit, and no plate, name or token.
 *
 * A record says by a digest of its token whose act it is: only who signs in with that token sees or sends it.
 */

const PREFIX = "anpr.act.";
/** An act that could not be sent for this long is not sent any more. */
export const KEEP_MS = 24 * 3_600_000;
/** For how long it is remembered, to tell its author, that an act was not sent. */
export const TELL_MS = 7 * KEEP_MS;
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/**
 * Whose acts they are: FNV-1a of 64 bits, for the digests of a browser are there with TLS only. A token is
 * 32 bytes made by chance, of which nobody learns anything from 8.
 * @param {string} token @returns {string}
 */
export function author(token) {
  let digest = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(token)) digest = BigInt.asUintN(64, (digest ^ BigInt(byte)) * FNV_PRIME);
  return digest.toString(16).padStart(16, "0");
}

/** Whether news of the storage is of acts; without a name all was cleared. @param {string | null} name */
export function concerns(name) {
  return name === null || name.startsWith(PREFIX);
}

/** @returns {Map<string, object>} every act that waits on this device, by its name, oldest first */
export function all() {
  return new Map(records().filter(([, { body }]) => body !== undefined));
}

/** @returns {boolean} whether it is kept: a browser may be full, or keep nothing */
export function put(name, act) {
  return tryTo(() => localStorage.setItem(PREFIX + name, JSON.stringify(act)));
}

/** Write what may not fit. @param {() => void} write @returns {boolean} whether it did */
export function tryTo(write) {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

export function remove(name) {
  localStorage.removeItem(PREFIX + name);
}

/** Of an act that is too old nothing is left but whose it was, and when. @param {number} now ms */
export function expire(now) {
  for (const [name, { author, at, body }] of records()) {
    if (now - at > TELL_MS) remove(name);
    else if (body !== undefined && now - at > KEEP_MS) put(name, { author, at });
  }
}

/** How many acts of this author were never sent; they are forgotten with that. @param {string} author */
export function takeExpired(author) {
  const expired = records().filter(([, record]) => record.author === author && record.body === undefined);
  for (const [name] of expired) remove(name);
  return expired.length;
}

function records() {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  return names
    .map((name) => [name.slice(PREFIX.length), read(name)])
    .filter(([, record]) => record !== null)
    .sort(([, one], [, other]) => one.at - other.at || one.place - other.place);
}

/** A record; one that nobody can read any more is removed. */
function read(name) {
  try {
    const record = JSON.parse(localStorage.getItem(name));
    if (typeof record.author === "string" && Number.isFinite(record.at)) return record;
  } catch {
    // Removed below.
  }
  localStorage.removeItem(name);
  return null;
}
