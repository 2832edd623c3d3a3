// The slider over the records of a lead: shows it as it was, without leaving the page.
// @ts-check

import { showTimes } from "./page.js";

const range = /** @type {HTMLInputElement | null} */ (document.getElementById("scrub-range"));
const path = range?.dataset.path ?? location.pathname;
const positions = (range?.dataset.positions ?? "").split(" ");

/** The address of the record that the slider stands at; the newest one is now. */
function address() {
  const index = Number(range?.value ?? positions.length) - 1;
  return index >= positions.length - 1 ? path : `${path}?at=${positions[index]}`;
}

/** Where the graph is wider or higher than its place, the step where the lead is is seen first. */
function showCurrent() {
  const picture = document.querySelector(".picture");
  const current = picture?.querySelector(".is-current");
  if (!picture || !current) return;
  const [place, step] = [picture.getBoundingClientRect(), current.getBoundingClientRect()];
  picture.scrollBy(
    step.left + step.width / 2 - place.left - place.width / 2,
    step.top + step.height / 2 - place.top - place.height / 2,
  );
}

let asked = "";

async function load() {
  const wanted = address();
  if (wanted === asked) return;
  asked = wanted;
  try {
    const answer = await fetch(wanted, { headers: { accept: "text/html" } });
    if (answer.redirected || !answer.ok) {
      location.assign(wanted);
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // The slider went on meanwhile: only what it stands at now is shown.
    if (wanted !== asked) return;
    for (const part of document.querySelectorAll("[data-scrub]")) {
      const next = fresh.getElementById(part.id);
      if (!next) continue;
      const adopted = document.importNode(next, true);
      showTimes(adopted);
      part.replaceWith(adopted);
    }
    history.replaceState(null, "", wanted);
    showCurrent();
  } catch {
    asked = "";
  }
}

showCurrent();
if (range && positions.length > 1) {
  range.hidden = false;
  /** @type {number | undefined} */
  let timer;
  range.addEventListener("input", () => {
    clearTimeout(timer);
    range.setAttribute("aria-valuetext", `record ${range.value} of ${positions.length}`);
    timer = setTimeout(load, 120);
  });
}
