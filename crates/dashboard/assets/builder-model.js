// The graph that is being drawn, and every step back.
// @ts-check

/**
 * @typedef {object} Step
 * @property {string} id the id of a saved node, or a name of the canvas's own
 * @property {string} type
 * @property {string} label
 * @property {number} x top left corner
 * @property {number} y
 * @property {boolean} entry whether leads start here
 * @property {Record<string, any>} config as the API has it
 *
 * @typedef {object} Way
 * @property {string} from
 * @property {string | null} output null serves every output
 * @property {string} to
 *
 * @typedef {{ steps: Step[], ways: Way[] }} Drawing
 */

/** Steps back that are kept. */
const KEPT = 200;
/** Changes of the same thing within this time are one step back. Unit: milliseconds. */
const TOGETHER = 1_200;

export const GRID = 10;
export const onGrid = (/** @type {number} */ at) => Math.round(at / GRID) * GRID;

export class Model extends EventTarget {
  /** @param {Record<string, string[]>} outputs of each kind of step, unless its config says others */
  constructor(outputs) {
    super();
    this.outputsOfKind = outputs;
    /** @type {Drawing} */
    this.drawing = { steps: [], ways: [] };
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.future = [];
    this.revision = 0;
    /** What was saved last, in text. */
    this.saved = this.text();
    /** @type {Map<string, Step>} steps as they were saved */
    this.base = new Map();
    this.last = { key: "", at: 0 };
    this.number = 0;
  }

  text() {
    return JSON.stringify(this.drawing);
  }

  get isChanged() {
    return this.text() !== this.saved;
  }

  /** @param {string | undefined} id */
  step(id) {
    return this.drawing.steps.find((step) => step.id === id);
  }

  /** @param {Step} step @returns {string[]} */
  outputs(step) {
    const switched = step.type === "CONDITIONAL" && step.config.condition_field !== undefined;
    return switched ? (step.config.branches ?? []) : (this.outputsOfKind[step.type] ?? []);
  }

  /** Ways out as ports: its outputs, and whatever else a way is labelled with. @param {Step} step */
  ports(step) {
    const outputs = this.outputs(step);
    const others = this.ways(step.id).map((way) => this.port(step, way));
    return [...new Set([...outputs, ...others])];
  }

  /** The port that a way leaves from. "" is any outcome. @param {Step} step @param {Way} way */
  port(step, way) {
    const outputs = this.outputs(step);
    return way.output ?? (outputs.length === 1 ? outputs[0] : "");
  }

  /** @param {string} from */
  ways(from) {
    return this.drawing.ways.filter((way) => way.from === from);
  }

  /**
   * Changes the drawing as one step back. Changes with the same key that follow each other are one.
   *
   * @param {(drawing: Drawing) => void} change
   * @param {{ key?: string, quiet?: boolean }} [options] quiet: whoever changes shows it already
   */
  change(change, options = {}) {
    const before = this.text();
    change(this.drawing);
    if (this.text() === before) return;
    const now = Date.now();
    const together = options.key && options.key === this.last.key && now - this.last.at < TOGETHER;
    if (!together) {
      this.past.push(before);
      if (this.past.length > KEPT) this.past.shift();
    }
    this.last = { key: options.key ?? "", at: now };
    this.future = [];
    this.tell(options.quiet ? "typed" : "changed");
  }

  /** @param {string} how */
  tell(how) {
    this.dispatchEvent(new CustomEvent("change", { detail: how }));
  }

  undo() {
    this.travel(this.past, this.future);
  }

  redo() {
    this.travel(this.future, this.past);
  }

  /** @param {string[]} from @param {string[]} to */
  travel(from, to) {
    const text = from.pop();
    if (text === undefined) return;
    to.push(this.text());
    this.drawing = JSON.parse(text);
    this.last = { key: "", at: 0 };
    this.tell("travelled");
  }

  /** @param {string} type @param {string} label @param {number} x @param {number} y */
  add(type, label, x, y) {
    do this.number += 1;
    while (this.step(`new-${this.number}`));
    const id = `new-${this.number}`;
    this.change((drawing) => {
      const entry = drawing.steps.length === 0;
      const config = type === "TIME" ? { unit: "hours" } : type === "APPLICATION" ? { http: { method: "POST" } } : {};
      drawing.steps.push({ id, type, label, x: onGrid(x), y: onGrid(y), entry, config });
    });
    return id;
  }

  /** @param {string} id */
  removeStep(id) {
    this.change((drawing) => {
      drawing.steps = drawing.steps.filter((step) => step.id !== id);
      drawing.ways = drawing.ways.filter((way) => way.from !== id && way.to !== id);
    });
  }

  /** One way leads out of a port. @param {string} from @param {string} port @param {string} to */
  connect(from, port, to) {
    this.change((drawing) => {
      const step = this.step(from);
      if (!step) return;
      const place = drawing.ways.findIndex((way) => way.from === from && this.port(step, way) === port);
      const rest = drawing.ways.filter((way) => way.from !== from || this.port(step, way) !== port);
      const single = this.outputs(step).length === 1;
      const way = { from, output: single || port === "" ? null : port, to };
      rest.splice(place < 0 ? rest.length : place, 0, way);
      drawing.ways = rest;
    });
  }

  /** @param {string} from @param {string} port @param {string} to */
  disconnect(from, port, to) {
    this.change((drawing) => {
      const step = this.step(from);
      drawing.ways = drawing.ways.filter(
        (way) => !(step && way.from === from && this.port(step, way) === port && way.to === to),
      );
    });
  }

  /** The drawing as `PUT …/graph` takes it. */
  graph() {
    return {
      nodes: this.drawing.steps.map((step) => ({
        id: step.id,
        node_type: step.type,
        label: step.label,
        position_x: step.x,
        position_y: step.y,
        config: step.config,
        entry: step.entry,
      })),
      edges: this.drawing.ways.map((way) => ({ from_node_id: way.from, to_node_id: way.to, label: way.output })),
    };
  }

  /** Takes a saved graph as what is drawn. @param {any} graph as the API shows it @param {boolean} [fresh] */
  load(graph, fresh = true) {
    this.drawing = drawn(graph);
    this.revision = graph.revision;
    this.saved = this.text();
    this.base = new Map(this.drawing.steps.map((step) => [step.id, step]));
    if (fresh) {
      this.past = [];
      this.future = [];
    }
    this.tell("travelled");
  }

  /** After a save new nodes have ids: in the steps back too. @param {Record<string, string>} ids */
  rename(ids) {
    const renamed = (/** @type {string} */ text) => {
      for (const [name, id] of Object.entries(ids)) {
        text = text.replaceAll(`"${name}"`, `"${id}"`).replaceAll(`application.${name}.`, `application.${id}.`);
      }
      return text;
    };
    this.past = this.past.map(renamed);
    this.future = this.future.map(renamed);
    this.dispatchEvent(new CustomEvent("renamed", { detail: ids }));
  }
}

/** A graph of the API as a drawing. @param {any} graph @returns {Drawing} */
export function drawn(graph) {
  return {
    steps: graph.nodes.map((/** @type {any} */ node) => ({
      id: node.id,
      type: node.node_type,
      label: node.label,
      x: node.position_x,
      y: node.position_y,
      entry: node.entry,
      config: node.config,
    })),
    ways: graph.edges.map((/** @type {any} */ edge) => ({
      from: edge.from_node_id,
      output: edge.label ?? null,
      to: edge.to_node_id,
    })),
  };
}
