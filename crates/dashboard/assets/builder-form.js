// The form of what is chosen: a step's name, config and ways out. Its fields are the server's.
// @ts-check

/** @typedef {import("./builder-model.js").Model} Model @typedef {import("./builder-model.js").Step} Step */

/** @param {any} config @param {string} path */
const at = (config, path) => path.split(".").reduce((value, step) => value?.[step], config);

/** @param {any} config @param {string} path @param {any} value */
function put(config, path, value) {
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  let inner = config;
  for (const step of steps) inner = inner[step] ??= {};
  inner[last] = value;
}

/** A value as people write it: see config_reading.rs. @param {string} text */
function scalar(text) {
  try {
    const value = JSON.parse(text);
    return value === null || typeof value === "object" ? text : value;
  } catch {
    return text;
  }
}

/** @param {any} value */
function scalarText(value) {
  return typeof value === "string" && scalar(value) === value ? value : JSON.stringify(value);
}

/** @param {string} text */
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** What the fields of a form say, as a config. @param {HTMLElement} form */
export function readConfig(form) {
  /** @type {Record<string, any>} */
  const config = {};
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[data-kind]"))) {
    const text = input.value.trim();
    if (input.dataset.kind === "tick") {
      const path = input.dataset.path ?? "";
      if (input.checked) put(config, path, [...(at(config, path) ?? []), input.value]);
    } else if (text === "") {
      continue;
    } else if (input.dataset.kind === "number") {
      put(config, input.name, Number.isSafeInteger(Number(text)) ? Number(text) : text);
    } else if (input.dataset.kind === "lines") {
      put(config, input.name, lines(text));
    } else if (input.dataset.kind === "pairs") {
      put(config, input.name, Object.fromEntries(lines(text).map((line) => {
        const [name, ...value] = line.split(":");
        return [name.trim(), value.join(":").trim()];
      })));
    } else if (input.dataset.kind === "document") {
      put(config, input.name, documentOf(text));
    } else {
      put(config, input.name, text);
    }
  }
  const conditions = [...form.querySelectorAll(".b-condition")].map(readCondition).filter((one) => one !== null);
  if (conditions.length > 0) config.conditions = conditions;
  return config;
}

/** @param {string} text */
function documentOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {Element} row */
function readCondition(row) {
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLInputElement} */ (row.querySelector(`[name$=".${name}"]`)).value.trim();
  const [field, operator, value] = [part("field"), part("operator"), part("value")];
  if (field === "" && value === "") return null;
  return {
    ...(field === "" ? {} : { field }),
    operator,
    ...(value === "" || operator === "exists" ? {} : { value: scalar(value) }),
  };
}

/** Fills the fields of a form. @param {HTMLElement} form @param {Record<string, any>} config */
export function fillConfig(form, config) {
  if (config.delay_hours !== undefined && config.duration === undefined) {
    config = { ...config, duration: config.delay_hours, unit: "hours" };
  }
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[data-kind]"))) {
    const value = at(config, input.dataset.path ?? input.name);
    if (input.dataset.kind === "tick") input.checked = value?.includes(input.value) ?? false;
    else if (value === undefined) input.value = "";
    else if (input.dataset.kind === "lines") input.value = value.join("\n");
    else if (input.dataset.kind === "pairs") input.value = Object.entries(value).map(([name, text]) => `${name}: ${text}`).join("\n");
    else if (input.dataset.kind === "document") input.value = documentText(value);
    else input.value = String(value);
  }
  for (const group of form.querySelectorAll("details")) {
    const inputs = [.../** @type {NodeListOf<HTMLInputElement>} */ (group.querySelectorAll("[data-kind]"))];
    group.open = inputs.some((input) => at(config, input.dataset.path ?? input.name) !== undefined);
  }
  const list = form.querySelector("[data-conditions]");
  list?.replaceChildren(...(config.conditions ?? []).map(conditionRow));
}

/** @param {any} value */
const documentText = (value) =>
  typeof value === "string" && documentOf(value) === value ? value : JSON.stringify(value, null, 2);

/** @param {any} condition */
function conditionRow(condition) {
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector("template[data-condition]"));
  const row = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  const fill = (/** @type {string} */ name, /** @type {any} */ value) => {
    const input = /** @type {HTMLInputElement} */ (row.querySelector(`[name$=".${name}"]`));
    if (value !== undefined) input.value = value;
  };
  fill("field", condition.field);
  fill("operator", condition.operator);
  fill("value", condition.value === undefined ? undefined : scalarText(condition.value));
  const away = make("button", { type: "button", className: "link" }, "Take away");
  away.addEventListener("click", () => {
    const form = row.closest("form");
    row.remove();
    form?.dispatchEvent(new Event("input", { bubbles: true }));
  });
  row.append(away);
  return row;
}

/**
 * An element.
 * @param {string} name @param {Record<string, any>} properties @param {(Node | string)[]} inside
 */
export function make(name, properties = {}, ...inside) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
}

/**
 * @typedef {object} Sheet what the form needs of the page around it
 * @property {Model} model
 * @property {HTMLElement} side
 * @property {Record<string, { icon: Element, words: string }>} kinds
 * @property {(id: string) => void} remove
 */

/** @param {Step} step @param {Sheet["kinds"]} kinds */
export const nameOf = (step, kinds) => step.label.trim() || kinds[step.type].words;

/** Shows the form of a step. @param {Sheet} sheet @param {Step} step */
export function showStep({ model, side, kinds, remove }, step) {
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector(`template[data-node-type="${step.type}"]`));
  const form = /** @type {HTMLFormElement} */ (make("form", { className: "b-config", noValidate: false }));
  const label = /** @type {HTMLInputElement} */ (make("input", { id: "step-label", value: step.label, maxLength: 200 }));
  const entry = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", checked: step.entry }));
  const fields = make("div", {}, template.content.cloneNode(true));
  fillConfig(fields, step.config);
  const list = fields.querySelector("[data-conditions]");
  if (list) {
    const more = make("button", { type: "button", className: "button" }, "Add a condition");
    more.addEventListener("click", () => {
      list.append(conditionRow({ operator: "equals" }));
      /** @type {HTMLInputElement | null} */ (list.lastElementChild?.querySelector("input"))?.focus();
    });
    list.after(more);
    if (list.childElementCount === 0) list.append(conditionRow({ operator: "equals" }));
  }
  const ways = make("div");
  const away = make("button", { type: "button", className: "button danger" }, "Delete this step");
  away.addEventListener("click", () => remove(step.id));
  form.append(make("label", { htmlFor: "step-label" }, "Name"), label,
    make("label", { className: "check" }, entry, "Leads start here"), fields, ways, make("div", { className: "b-submit" }, away));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("[data-way]")) return;
    model.change((drawing) => {
      const now = drawing.steps.find((one) => one.id === step.id);
      if (!now) return;
      if (entry.checked && !now.entry) for (const other of drawing.steps) other.entry = false;
      Object.assign(now, { label: label.value, entry: entry.checked, config: readConfig(fields) });
    }, { key: `form ${step.id} ${target.id}`, quiet: true });
    const now = model.step(step.id);
    if (now) showWays(model, ways, now, kinds);
  });
  showWays(model, ways, step, kinds);
  side.replaceChildren(make("h2", {}, kinds[step.type].icon.cloneNode(true), kinds[step.type].words), form);
}

/** Ways out as lists to choose from: wiring without a mouse. @param {Model} model @param {HTMLElement} place @param {Step} step @param {Sheet["kinds"]} kinds */
export function showWays(model, place, step, kinds) {
  const ports = model.ports(step);
  const rows = ports.map((port, index) => {
    const to = model.ways(step.id).find((way) => model.port(step, way) === port)?.to ?? "";
    const select = /** @type {HTMLSelectElement} */ (make("select", { id: `way-${index}` }));
    select.dataset.way = port;
    select.add(new Option("nowhere", "", false, to === ""));
    for (const other of model.drawing.steps) {
      select.add(new Option(nameOf(other, kinds), other.id, false, other.id === to));
    }
    select.addEventListener("change", () =>
      select.value === "" ? model.disconnect(step.id, port, to) : model.connect(step.id, port, select.value));
    return make("div", { className: "b-way" }, make("label", { htmlFor: select.id }, port || "any outcome"), select);
  });
  const heading = ports.length > 0 ? [make("p", { className: "b-legend b-field" }, "Ways out")] : [];
  // While somebody chooses, the list stays.
  if (!place.contains(document.activeElement)) place.replaceChildren(...heading, ...rows);
}

/** Shows what is known of a way. @param {Sheet} sheet @param {{ from: string, port: string, to: string }} way @param {() => void} remove */
export function showWay({ model, side, kinds }, way, remove) {
  const names = [way.from, way.to].map((id) => {
    const step = model.step(id);
    return step ? nameOf(step, kinds) : id;
  });
  const away = make("button", { type: "button", className: "button danger" }, "Take this way away");
  away.addEventListener("click", remove);
  side.replaceChildren(make("h2", {}, "A way"),
    make("p", {}, "From ", make("strong", {}, names[0]), " on ", make("strong", {}, way.port || "any outcome"), " to ", make("strong", {}, names[1]), "."), away);
}

/** What can be done when nothing is chosen. @param {HTMLElement} side */
export function showKeys(side) {
  const keys = { "Drag": "a step here, or from one of its ways out to another step", "Click": "a step to change it",
    "Arrows": "move it; with Shift, faster", "Enter": "to its form", "Delete": "takes it away", "Ctrl Z": "undo; with Shift, redo",
    "Ctrl S": "save", "+ −": "larger, smaller; also Ctrl and the wheel" };
  const list = make("dl", { className: "b-keys" });
  for (const [key, words] of Object.entries(keys)) list.append(make("dt", {}, key), make("dd", {}, words));
  side.replaceChildren(make("h2", {}, "Nothing is chosen"), list);
}
