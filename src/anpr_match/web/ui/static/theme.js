/** Day and night: as the device says, until somebody chooses. Only the choice is kept. */

import { element } from "./dom.js";

const KEY = "anpr.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The theme that shows now. @returns {"day" | "night"} */
function showing() {
  return document.documentElement.dataset.theme ?? (dark.matches ? "night" : "day");
}

/** Bring back the choice, and let the button change it. @param {HTMLElement} button */
export function begin(button) {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "day" || chosen === "night") document.documentElement.dataset.theme = chosen;
  label(button);
  dark.addEventListener("change", () => label(button));
  button.addEventListener("click", () => {
    const next = showing() === "night" ? "day" : "night";
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
    label(button);
  });
}

function label(button) {
  const other = showing() === "night" ? "Day" : "Night";
  button.replaceChildren(element("span", {}, other, element("span", { class: "wide-only" }, " colours")));
}
