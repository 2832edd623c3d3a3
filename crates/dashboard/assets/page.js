// What all pages do with a script: times as people choose, fresh numbers, fresh parts.
// @ts-check

import { follow } from "./live.js";

const CHOICES = { local: "Local time", utc: "UTC", relative: "Relative" };
const STORED = "branchline-times";

/** @returns {keyof typeof CHOICES} */
function choice() {
  const stored = localStorage.getItem(STORED);
  return stored === "utc" || stored === "relative" ? stored : "local";
}

const two = (/** @type {number} */ number) => String(number).padStart(2, "0");

/** @param {Date} at */
function local(at) {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

const UNITS = /** @type {[number, Intl.RelativeTimeFormatUnit][]} */ ([
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
]);
const words = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });

/** The engine's clock need not be the browser's: that of a simulated campaign runs faster. */
const ahead = (Date.parse(document.body.dataset.now ?? "") || Date.now()) - Date.now();

/** @param {Date} at */
function relative(at) {
  const seconds = (at.getTime() - Date.now() - ahead) / 1_000;
  const [length, unit] = UNITS.find(([length]) => Math.abs(seconds) >= length) ?? [1, "second"];
  return words.format(Math.trunc(seconds / length), unit);
}

/** @param {ParentNode} root */
export function showTimes(root) {
  const chosen = choice();
  for (const element of root.querySelectorAll("time[datetime]")) {
    const exact = element.getAttribute("datetime") ?? "";
    const at = new Date(exact);
    if (Number.isNaN(at.getTime())) continue;
    const utc = `${exact.slice(0, 19).replace("T", " ")} UTC`;
    element.textContent = chosen === "utc" ? utc : chosen === "local" ? local(at) : relative(at);
    element.setAttribute("title", `${utc} · ${local(at)} local`);
  }
}

function offerTimes() {
  const place = document.getElementById("time-choice");
  if (!place || !document.querySelector("time[datetime]")) return;
  const select = document.createElement("select");
  select.setAttribute("aria-label", "How times are shown");
  for (const [value, text] of Object.entries(CHOICES)) {
    select.add(new Option(text, value, false, value === choice()));
  }
  select.addEventListener("change", () => {
    localStorage.setItem(STORED, select.value);
    showTimes(document);
  });
  place.append(select);
}

/**
 * As the server shortens them: `12.3k`.
 *
 * @param {string} count
 */
function compact(count) {
  const whole = Number(count.replaceAll(",", ""));
  const size = [1e9, 1e6, 1e3].find((size) => whole >= size && whole >= 1e4);
  if (!size) return count;
  const letter = size === 1e9 ? "G" : size === 1e6 ? "M" : "k";
  const tenths = Math.floor((whole * 10) / size);
  return tenths >= 1_000 || tenths % 10 === 0
    ? `${Math.floor(tenths / 10).toLocaleString("en-US")}${letter}`
    : `${tenths / 10}${letter}`;
}

/** @param {Record<string, string>} counts */
function showCounts(counts) {
  for (const element of document.querySelectorAll("[data-live]")) {
    const count = counts[element.getAttribute("data-live") ?? ""];
    if (count === undefined) continue;
    const text = element.hasAttribute("data-compact") ? compact(count) : count;
    if (element.textContent === text) continue;
    element.textContent = text;
    // Style sheets hide what counts nothing by it.
    if (element.hasAttribute("data-count")) element.setAttribute("data-count", count);
    document.dispatchEvent(new CustomEvent("branchline:count", { detail: element }));
  }
}

let loading = false;
let again = false;
let last = 0;

/** Loads the page once more and puts its parts in the places of the old ones: at most once a second. */
async function loadParts() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  const wait = last + 1_000 - Date.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  last = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/login") {
      location.reload();
    } else if (answer.ok || answer.status === 404) {
      replaceParts(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    // The server is away: the stream comes back before the page is loaded again.
  }
  loading = false;
  if (again) {
    again = false;
    loadParts();
  }
}

/** @param {Document} fresh */
function replaceParts(fresh) {
  for (const part of document.querySelectorAll("[data-fragment]")) {
    const next = fresh.getElementById(part.id);
    // Who is typing, or has opened something, keeps it.
    if (!next || part.contains(document.activeElement) || part.querySelector("details[open]")) continue;
    if (part.outerHTML !== next.outerHTML) {
      const adopted = document.importNode(next, true);
      showTimes(adopted);
      part.replaceWith(adopted);
      document.dispatchEvent(new CustomEvent("branchline:part", { detail: adopted }));
    }
  }
}

/** @param {boolean} here */
function showState(here) {
  const state = document.getElementById("live-state");
  if (!state) return;
  state.hidden = false;
  state.classList.toggle("away", !here);
  state.textContent = here ? "live" : "reconnecting";
}

offerTimes();
showTimes(document);
if (localStorage.getItem(STORED) === "relative" || document.querySelector("time[datetime]")) {
  setInterval(() => choice() === "relative" && showTimes(document), 10_000);
}
const topics = (document.body.dataset.topics ?? "").split(" ").filter(Boolean);
if (topics.length > 0) {
  follow(topics, { counts: showCounts, changed: loadParts, state: showState });
}
