// A dry run: the way that a lead would take, with what somebody supposes about it.
// @ts-check

import { make, nameOf } from "./builder-form.js";
import { ask } from "./builder-problems.js";

/** @typedef {import("./builder-model.js").Model} Model @typedef {import("./builder-canvas.js").Canvas} Canvas */

/** Fields that the conditions of the drawing read. @param {Model} model */
function fieldsOf(model) {
  const fields = model.drawing.steps.flatMap(({ config }) => [
    ...(config.conditions ?? []).map((/** @type {any} */ condition) => condition.field),
    config.condition_field,
  ]);
  return [...new Set(fields.filter((field) => field && field !== "call.status"))].sort();
}

/** @param {string} text */
function valueOf(text) {
  const number = Number(text);
  return text !== "" && String(number) === text ? number : text;
}

/** @param {{ model: Model, canvas: Canvas, path: string, kinds: Record<string, { icon: Element, words: string }>, choose: (id: string) => void }} house */
export function followTrial({ model, canvas, path, kinds, choose }) {
  const panel = /** @type {HTMLElement} */ (document.getElementById("trial"));
  const form = /** @type {HTMLFormElement} */ (document.getElementById("trial-form"));
  const way = /** @type {HTMLElement} */ (document.getElementById("trial-way"));
  /** What was typed before, by the name of its field. @type {Map<string, string>} */
  const typed = new Map();

  const forget = () => {
    canvas.walked = { steps: new Set(), ways: new Set() };
    canvas.draw();
  };

  function build() {
    const rows = fieldsOf(model).map((field) => {
      const input = make("input", { name: `value ${field}`, id: `trial ${field}`, value: typed.get(`value ${field}`) ?? "" });
      return make("div", { className: "b-field" }, make("label", { htmlFor: `trial ${field}` }, field), input);
    });
    const acting = model.drawing.steps.filter((step) => step.type === "VOICE_CALL" || step.type === "APPLICATION");
    const outcomes = acting.map((step) => make("div", { className: "b-field" },
      make("p", { className: "b-legend" }, nameOf(step, kinds)),
      make("div", { className: "b-row" }, outcome(step, "first", "Ends with"), outcome(step, "then", "Later visits"))));
    const values = rows.length > 0 ? rows : [make("p", { className: "muted" }, "No condition reads anything of a lead.")];
    form.replaceChildren(...values, ...outcomes,
      make("div", { className: "b-submit" }, make("button", { className: "button primary" }, "Walk")));
  }

  /** @param {import("./builder-model.js").Step} step @param {string} when @param {string} words */
  function outcome(step, when, words) {
    const name = `${when} ${step.id}`;
    const select = /** @type {HTMLSelectElement} */ (make("select", { name, id: `trial ${name}` }));
    for (const output of model.outputs(step)) select.add(new Option(output, output, false, typed.get(name) === output));
    return make("div", {}, make("label", { htmlFor: select.id }, words), select);
  }

  async function walk() {
    /** @type {Record<string, any>} */
    const values = {};
    /** @type {Record<string, string[]>} */
    const outcomes = {};
    for (const [name, text] of /** @type {Iterable<[string, string]>} */ (new FormData(form))) {
      typed.set(name, text);
      const [what, ...rest] = name.split(" ");
      const of = rest.join(" ");
      if (what === "value" && text.trim() !== "") values[of] = valueOf(text.trim());
      else if (what === "first") outcomes[of] = [text, ...(outcomes[of] ?? [])];
      else if (what === "then") outcomes[of] = [...(outcomes[of] ?? []), text];
    }
    try {
      const { steps, end } = await ask(`${path}/edit/walk`, { graph: model.graph(), values, outcomes });
      canvas.walked = {
        steps: new Set(steps.map((/** @type {any} */ step) => step.node)),
        ways: new Set(steps.filter((/** @type {any} */ step) => step.to).map(wayOf)),
      };
      canvas.draw();
      const items = steps.map((/** @type {any} */ step) => {
        const name = make("button", { type: "button", className: "link" }, step.label);
        name.addEventListener("click", () => choose(step.node));
        const on = step.output && step.output !== "next" ? [" → ", make("strong", {}, step.output)] : [];
        return make("li", {}, name, make("span", { className: "muted" }, ` ${step.words}`), ...on);
      });
      way.replaceChildren(make("ol", {}, ...items), make("p", {}, make("strong", {}, end)));
    } catch (error) {
      way.replaceChildren(make("p", { className: "fault" }, /** @type {Error} */ (error).message));
    }
  }

  /** @param {any} walked */
  function wayOf(walked) {
    const step = model.step(walked.node);
    const line = step && model.ways(step.id).find((way) => {
      const port = model.port(step, way);
      return way.to === walked.to && (port === walked.output || port === "");
    });
    return step && line ? `${line.from} ${model.port(step, line)} ${line.to}` : "";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    walk();
  });
  document.getElementById("trial-close")?.addEventListener("click", () => {
    panel.hidden = true;
    forget();
  });
  return {
    open() {
      build();
      way.replaceChildren();
      panel.hidden = false;
      panel.scrollIntoView({ block: "nearest" });
      /** @type {HTMLElement | null} */ (form.querySelector("input, select, button"))?.focus();
    },
    /** The way of before is not that of a drawing that has changed. */
    changed() {
      if (panel.hidden) return;
      canvas.walked = { steps: new Set(), ways: new Set() };
      way.replaceChildren();
    },
  };
}
