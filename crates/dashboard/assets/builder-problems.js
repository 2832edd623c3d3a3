// What is wrong with the drawing, as the server judges it while somebody draws.
// @ts-check

import { make } from "./builder-form.js";

/** @typedef {import("./builder-model.js").Model} Model @typedef {import("./builder-canvas.js").Canvas} Canvas */
/** @typedef {{ kind: "fault" | "warning", node: string | null, message: string, fix: string }} Problem */

/** How long nobody must have drawn. Unit: milliseconds. */
const CALM = 350;

/** Sends JSON, and reads the answer. @param {string} address @param {any} body */
export async function ask(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(read.detail ?? `the server answered ${answer.status}`);
  return read;
}

/**
 * @param {{ model: Model, canvas: Canvas, path: string, place: HTMLElement, choose: (id: string) => void }} house
 * @returns {() => void} asks for another judgement, soon
 */
export function followProblems({ model, canvas, path, place, choose }) {
  let timer = 0;
  let number = 0;
  const judge = async () => {
    number += 1;
    const mine = number;
    try {
      const { problems, nodes } = await ask(`${path}/edit/check`, model.graph());
      if (mine !== number) return;
      canvas.words = new Map(Object.entries(nodes).map(([id, node]) => [id, /** @type {any} */ (node).words]));
      canvas.marks = new Map();
      for (const problem of [...problems].reverse()) {
        if (problem.node !== null) canvas.marks.set(problem.node, problem);
      }
      canvas.draw();
      show(place, problems, choose);
    } catch (error) {
      if (mine === number) place.replaceChildren(make("p", {}, `Nobody has judged this yet: ${/** @type {Error} */ (error).message}`));
    }
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(judge, CALM);
  };
}

/** @param {HTMLElement} place @param {Problem[]} problems @param {(id: string) => void} choose */
function show(place, problems, choose) {
  const faults = problems.filter((problem) => problem.kind === "fault").length;
  const warnings = problems.length - faults;
  const counted = (/** @type {number} */ count, /** @type {string} */ noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const heading = problems.length === 0 ? "No problems: it can be activated"
    : faults === 0 ? `It can be activated; ${counted(warnings, "doubt")}`
    : `${counted(faults, "problem")} in the way of activation${warnings > 0 ? `, ${counted(warnings, "doubt")}` : ""}`;
  const lines = problems.map((problem) => {
    const { node } = problem;
    const words = node === null ? make("span", {}, problem.message)
      : make("button", { type: "button", className: "link" }, problem.message);
    if (node !== null) words.addEventListener("click", () => choose(node));
    const kind = problem.kind === "fault" ? "bad" : "warn";
    const fix = problem.fix === "" ? [] : [make("p", { className: "muted small" }, `${problem.fix[0].toUpperCase()}${problem.fix.slice(1)}.`)];
    return make("li", {}, make("span", { className: `badge ${kind}` }, problem.kind === "fault" ? "problem" : "doubt"), make("div", {}, words, ...fix));
  });
  place.replaceChildren(make("h2", {}, heading), make("ul", { className: "b-problems" }, ...lines));
}
