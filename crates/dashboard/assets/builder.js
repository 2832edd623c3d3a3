// The builder: puts the canvas, the forms, the problems, the dry run and saving together.
// @ts-check

import { Model } from "./builder-model.js";
import { Canvas } from "./builder-canvas.js";
import { followHands, followPalette } from "./builder-gestures.js";
import { showKeys, showStep, showWay } from "./builder-form.js";
import { ask, followProblems } from "./builder-problems.js";
import { followTrial } from "./builder-trial.js";
import { saver } from "./builder-save.js";

/** @param {string} id @returns {any} */
const found = (id) => document.getElementById(id);

/** @param {HTMLElement} builder */
async function open(builder) {
  const { workflow = "", path = "", card = "" } = builder.dataset;
  const [width, height] = card.split(" ").map(Number);
  const buttons = /** @type {HTMLButtonElement[]} */ ([...builder.querySelectorAll(".b-kind")]);
  const kinds = Object.fromEntries(buttons.map((button) => [button.dataset.kind, {
    icon: /** @type {Element} */ (button.querySelector("svg")),
    words: button.textContent?.trim() ?? "",
  }]));
  const templates = /** @type {HTMLTemplateElement[]} */ ([...builder.querySelectorAll("template[data-node-type]")]);
  const model = new Model(Object.fromEntries(templates.map(({ dataset }) =>
    [dataset.nodeType, (dataset.outputs ?? "").split(" ").filter(Boolean)])));
  builder.hidden = false;
  const canvas = new Canvas(found("canvas"), model, { width, height }, kinds);
  const side = found("side");

  /** @param {string} words @param {"fault" | "notice" | null} kind */
  const say = (words, kind) => {
    const place = found("say");
    place.textContent = words;
    place.className = kind ?? "";
    place.hidden = kind === null;
  };
  const busy = (/** @type {boolean} */ busy) => {
    found("save").disabled = busy || !model.isChanged;
  };
  const removeStep = (/** @type {string} */ id) => {
    model.removeStep(id);
    choose({});
    canvas.root.focus({ preventScroll: true });
  };
  const sheet = { model, side, kinds, remove: removeStep };

  function showSide() {
    const { way } = canvas.chosen;
    const step = model.step(canvas.chosen.step);
    if (step) showStep(sheet, step);
    else if (way) showWay(sheet, way, () => remove(canvas.chosen));
    else showKeys(side);
  }

  /** @param {Canvas["chosen"]} chosen */
  function choose(chosen) {
    if (JSON.stringify(chosen) === JSON.stringify(canvas.chosen)) return;
    canvas.chosen = chosen;
    for (const element of builder.querySelectorAll("[data-step]")) {
      element.classList.toggle("is-chosen", element.getAttribute("data-step") === chosen.step);
      element.setAttribute("aria-pressed", String(element.getAttribute("data-step") === chosen.step));
    }
    canvas.drawWires();
    showSide();
  }

  /** @param {Canvas["chosen"]} chosen */
  function remove({ step, way }) {
    if (step) removeStep(step);
    else if (way) {
      model.disconnect(way.from, way.port, way.to);
      choose({});
    }
  }

  /** @param {string} id */
  function lead(id) {
    const step = model.step(id);
    if (!step) return;
    choose({ step: id });
    const centre = canvas.centre();
    canvas.view.x += step.x + width / 2 - centre.x;
    canvas.view.y += step.y + height / 2 - centre.y;
    canvas.look();
    found("stage").scrollIntoView({ block: "nearest" });
    canvas.element(id)?.focus({ preventScroll: true });
  }

  const judge = followProblems({ model, canvas, path, place: found("problems"), choose: lead });
  const trial = followTrial({ model, canvas, path, kinds, choose: lead });
  const { save, get } = saver({ model, workflow, path, kinds, say, busy });

  /** The step that was chosen before the last change. @type {string | undefined} */
  let shown;
  const showState = () => {
    const changed = model.isChanged;
    found("undo").disabled = model.past.length === 0;
    found("redo").disabled = model.future.length === 0;
    found("save").disabled = !changed;
    found("state").textContent = changed ? "Not saved yet" : `Revision ${model.revision}`;
    found("state").classList.toggle("unsaved", changed);
    found("empty").hidden = model.drawing.steps.length > 0;
  };
  model.addEventListener("change", (event) => {
    trial.changed();
    shown = canvas.chosen.step;
    if (shown && !model.step(shown)) canvas.chosen = {};
    canvas.draw();
    // Who types keeps the form.
    if (/** @type {CustomEvent} */ (event).detail !== "typed" && !side.contains(document.activeElement)) showSide();
    showState();
    judge();
  });

  // A step that was saved for the first time has an id from then on.
  model.addEventListener("renamed", (event) => {
    const id = /** @type {CustomEvent} */ (event).detail[shown ?? ""];
    if (id) choose({ step: id });
  });

  followHands(canvas, model, {
    choose,
    remove,
    open: () => side.querySelector("input, select, button")?.focus(),
  });
  for (const button of buttons) {
    followPalette(button, canvas, (place) => {
      const type = button.dataset.kind ?? "";
      const at = place ?? free(canvas.centre());
      const id = model.add(type, kinds[type].words, at.x, at.y);
      choose({ step: id });
      canvas.element(id)?.focus({ preventScroll: true });
    });
  }

  /** A place near this one where no card stands. @param {{ x: number, y: number }} centre */
  function free({ x, y }) {
    const place = { x: x - width / 2, y: y - height / 2 };
    const taken = () => model.drawing.steps.some((step) => Math.abs(step.x - place.x) < width && Math.abs(step.y - place.y) < height + 40);
    for (let tries = 0; tries < 200 && taken(); tries += 1) place.y += 30;
    return place;
  }

  const on = (/** @type {string} */ id, /** @type {() => void} */ act) => found(id).addEventListener("click", act);
  on("undo", () => model.undo());
  on("redo", () => model.redo());
  on("fit", () => canvas.fit());
  on("zoom-in", () => canvas.zoom(1.2));
  on("zoom-out", () => canvas.zoom(1 / 1.2));
  on("try", () => trial.open());
  on("save", save);
  on("tidy", async () => {
    try {
      const { nodes } = await ask(`${path}/edit/tidy`, model.graph());
      model.change((drawing) => drawing.steps.forEach((step) => Object.assign(step, nodes[step.id])));
      canvas.fit();
    } catch (error) {
      say(`It cannot be put in order: ${/** @type {Error} */ (error).message}`, "fault");
    }
  });
  addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    const key = event.key.toLowerCase();
    // Who types takes back what was typed.
    const types = /** @type {Element} */ (event.target).matches?.("input, textarea");
    if (key === "s") save();
    else if (key === "z" && !types) event.shiftKey ? model.redo() : model.undo();
    else if (key === "y" && !types) model.redo();
    else return;
    event.preventDefault();
  });
  addEventListener("beforeunload", (event) => {
    if (model.isChanged) event.preventDefault();
  });

  try {
    model.load(await get("/graph"));
    await scattered();
    canvas.fit();
    showSide();
  } catch (error) {
    say(`The graph cannot be loaded: ${/** @type {Error} */ (error).message}`, "fault");
  }

  /** A graph that nobody drew has all its steps at one place: they are put in order, as nobody's change. */
  async function scattered() {
    const { steps } = model.drawing;
    const places = new Set(steps.map((step) => `${step.x} ${step.y}`));
    if (steps.length < 2 || places.size > 1) return;
    const { nodes } = await ask(`${path}/edit/tidy`, model.graph());
    for (const step of steps) Object.assign(step, nodes[step.id]);
    model.saved = model.text();
    model.tell("travelled");
  }
}

const builder = document.getElementById("builder");
if (builder) open(builder);
