/** The foot of a card: who has the hit, and the acts that an officer has on it. */

import { element, shape } from "./dom.js";
import * as words from "./words.js";

const OUT_OF_DATE = "Entry out of date";
const NOT_IT = [
  ["misread", "Misread"],
  ["different_vehicle", "Different vehicle"],
  ["dealt_with", "Already dealt with"],
  ["out_of_date", OUT_OF_DATE],
];
const OUTCOMES = [
  ["stopped", "Stopped"],
  ["words_of_advice", "Words of advice"],
  ["cpw", "Warning (CPW)"],
  ["dogs_seized", "Dogs seized"],
  ["seized", "Vehicle seized"],
  ["arrest", "Arrest"],
  ["not_seen", "Not seen"],
];
/** Which acts make sense in which state; a hit that another has can still be "not it". */
const OFFERED = {
  open: ["acknowledge", "take", "not_it"],
  acknowledged: ["take", "not_it", "outcome"],
  taken: ["not_it"],
  mine: ["outcome", "give_back", "not_it"],
  closed: [],
  expired: ["take", "not_it"],
};

let feet = 0;

/** It stays the same element while the card above it is drawn anew, so that a finger or the focus on a
 * button does not lose it. */
export class Foot {
  /** @param {(path: string, said: object) => void} act called with what the officer did */
  constructor(act) {
    feet += 1;
    /** What was done last and could not be recorded, in words. */
    this.problem = "";
    this.act = (path, said) => {
      this.problem = "";
      act(path, said);
    };
    this.state = element("p", { class: "handling" });
    this.kept = element("p", { class: "kept", hidden: true });
    this.buttons = {
      acknowledge: this.button("Acknowledge", "act", () => this.acknowledge({ kind: "acknowledge" })),
      take: this.button("Taking it", "act act-take", () => this.acknowledge({ kind: "take" })),
      outcome: this.opener("Outcome", `foot-${feet}-outcome`),
      give_back: this.button("Give back", "act", () => this.acknowledge({ kind: "give_back" })),
      not_it: this.opener("Not it", `foot-${feet}-not-it`),
    };
    this.choices = {
      outcome: this.choice(`foot-${feet}-outcome`, "What came of it?", OUTCOMES, (outcome) =>
        this.act("outcomes", { outcome }),
      ),
      not_it: this.choice(`foot-${feet}-not-it`, "Why is it not the one?", NOT_IT, (answer) =>
        this.acknowledge({ kind: "not_it", answer }),
      ),
    };
    /** The one answer that is about an entry, and not about the vehicle that passed. */
    this.outOfDate = this.choices.not_it.querySelector("[value='out_of_date']");
    this.row = element("div", { class: "acts", role: "group", "aria-label": "Acts" }, ...Object.values(this.buttons));
    this.element = element(
      "div",
      { class: "card-foot" },
      element("div", { class: "told" }, this.state, this.kept),
      this.row,
      ...Object.values(this.choices),
    );
  }

  acknowledge(said) {
    this.act("acknowledgements", said);
  }

  button(text, kind, done) {
    const made = element("button", { type: "button", class: kind }, text);
    made.addEventListener("click", done);
    return made;
  }

  /** A button that opens a choice. */
  opener(text, id) {
    const made = element("button", { type: "button", class: "act", "aria-expanded": "false", "aria-controls": id }, text);
    made.addEventListener("click", () => this.flip(made === this.buttons.not_it ? "not_it" : "outcome"));
    return made;
  }

  choice(id, question, options, chosen) {
    const buttons = options.map(([code, text]) => {
      const made = this.button(text, "act act-choice", () => {
        this.shut();
        chosen(code);
      });
      made.value = code;
      return made;
    });
    return element(
      "div",
      { class: "choice", id, role: "group", "aria-labelledby": `${id}-question`, hidden: true },
      element("p", { class: "question", id: `${id}-question` }, question),
      ...buttons,
    );
  }

  /** Press the button of an act by a key; one that is not offered does nothing. */
  press(name) {
    const button = this.buttons[name];
    if (!button.hidden) button.click();
  }

  flip(name) {
    const open = this.choices[name].hidden;
    this.shut();
    if (!open) return;
    this.choices[name].hidden = false;
    this.buttons[name].setAttribute("aria-expanded", "true");
    this.choices[name].querySelector("button").focus();
  }

  shut() {
    for (const [name, choice] of Object.entries(this.choices)) {
      if (!choice.hidden && choice.contains(document.activeElement)) this.buttons[name].focus();
      choice.hidden = true;
      this.buttons[name].setAttribute("aria-expanded", "false");
    }
  }

  /**
   * @param {object} hit the body that tells how things stand
   * @param {boolean} mine whether this unit has it
   * @param {{newest?: object, bearing?: object, about: string}} more `newest`: the last act that is not recorded
   *   yet, as it will be sent; `bearing`: the last one of them that changes what may be done about this hit;
   *   `about`: whose entry the hit is of, when it is not the only one
   */
  show(hit, mine, { newest, bearing, about }) {
    const status = hit.status ?? "closed";
    this.element.dataset.status = mine && status === "taken" ? "mine" : status;
    this.element.dataset.level = hit.routing?.level ?? "none";
    const offered = OFFERED[expected(status, mine, bearing)] ?? [];
    const focused = this.row.contains(document.activeElement) ? document.activeElement : null;
    for (const [name, button] of Object.entries(this.buttons)) button.hidden = !offered.includes(name);
    for (const [name, choice] of Object.entries(this.choices)) if (!offered.includes(name)) choice.hidden = true;
    if (focused?.hidden) focused.closest(".card")?.focus();
    this.row.hidden = offered.length === 0;
    this.state.replaceChildren(shape(sign(status, hit)), element("span", {}, told(hit, mine)));
    this.outOfDate.textContent = about === "" ? OUT_OF_DATE : `${OUT_OF_DATE} (${about})`;
    const kept = newest === undefined ? "" : `On its way since ${words.clock(newest.at)}: ${words.act(newest)}`;
    this.kept.hidden = kept === "" && this.problem === "";
    this.kept.toggleAttribute("data-refused", this.problem !== "");
    this.kept.textContent = this.problem || kept;
  }
}

/** The state to offer acts for: as if what is on its way had arrived. */
function expected(status, mine, said) {
  if (said?.outcome || said?.kind === "not_it") return "closed";
  if (said?.kind === "give_back") return "open";
  if (said?.kind === "take" && status !== "taken") return "mine";
  if (said?.kind === "acknowledge" && status === "open") return "acknowledged";
  return mine && status === "taken" ? "mine" : status;
}

function sign(status, hit) {
  if (status === "open") return hit.routing?.level === "near" ? "waiting" : "wider";
  return { acknowledged: "seen", taken: "taken", closed: "closed", expired: "late" }[status] ?? "closed";
}

/** How things stand, in words. */
export function told(hit, mine = false) {
  const last = (hit.acts ?? []).find((act) => act.kind !== "widen" && act.kind !== "call_control_room");
  const [newest] = hit.acts ?? [];
  if (hit.status === "open" && newest?.kind === "give_back") return `Given back by ${newest.callsign}; nobody has it`;
  if (hit.status === "open") return OPEN[hit.routing?.level] ?? OPEN.near;
  if (hit.status === "taken") return mine ? "You have it" : `${hit.taken_by.callsign} has it`;
  if (hit.status === "acknowledged") return `Seen by ${last?.callsign ?? "a unit"}; nobody has it yet`;
  if (hit.status === "expired") return "Nobody answered in time";
  if (last === undefined) return "For the record only";
  return `${words.act(last)} – ${last.callsign}`;
}

const OPEN = {
  near: "Waiting for an answer",
  wide: "Not answered near by: sent to all forces",
  control_room: "Not answered: sent to all forces and the control room",
};
