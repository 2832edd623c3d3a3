// Draws the graph: cards, ports, wires, and the part of the plane that is seen.
// @ts-check

/** @typedef {import("./builder-model.js").Model} Model @typedef {import("./builder-model.js").Step} Step */

const SVG = "http://www.w3.org/2000/svg";
const TEXT_LEFT = 56;
const PORT_HEIGHT = 24;
const PORT_GAP = 6;
const SCALE_MIN = 0.2;
const SCALE_MAX = 2;
const TONES = /** @type {Record<string, string>} */ ({
  COMPLETED: "good", true: "good", success: "good", DNP: "warn", FAILED: "bad", false: "bad", failure: "bad",
});

const pen = document.createElement("canvas").getContext("2d");

/** @param {string} text @param {string} font */
function widthOf(text, font) {
  if (!pen) return text.length * 8;
  pen.font = font;
  return pen.measureText(text).width;
}

/** @param {string} text @param {number} room @param {string} font */
function fitted(text, room, font) {
  if (widthOf(text, font) <= room) return text;
  let length = text.length;
  while (length > 1 && widthOf(`${text.slice(0, length)}…`, font) > room) length -= 1;
  return `${text.slice(0, length).trimEnd()}…`;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {(Element | string)[]} inside
 */
export function svg(name, attributes = {}, ...inside) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...inside);
  return element;
}

export class Canvas {
  /**
   * @param {SVGSVGElement} root
   * @param {Model} model
   * @param {{ width: number, height: number }} card
   * @param {Record<string, { icon: Element, words: string }>} kinds
   */
  constructor(root, model, card, kinds) {
    this.root = root;
    this.model = model;
    this.card = card;
    this.kinds = kinds;
    this.view = { x: -40, y: -40, scale: 1 };
    /** @type {Map<string, string>} what each step does, in words of the server */
    this.words = new Map();
    /** @type {Map<string, { kind: string, message: string }>} */
    this.marks = new Map();
    /** @type {{ step?: string, way?: { from: string, port: string, to: string } }} */
    this.chosen = {};
    /** @type {{ steps: Set<string>, ways: Set<string> }} */
    this.walked = { steps: new Set(), ways: new Set() };
    this.dots = svg("rect", { fill: "url(#b-dots)" });
    this.wires = svg("g");
    this.cards = svg("g");
    const dots = svg("pattern", { id: "b-dots", width: 20, height: 20, patternUnits: "userSpaceOnUse" },
      svg("circle", { class: "b-dot", cx: 10, cy: 10, r: 1.2 }));
    const heads = ["plain", "good", "warn", "bad", "travelled"].map((tone) =>
      svg("marker", { id: `b-head-${tone}`, class: `tone-${tone}`, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" },
        svg("path", { d: "M0 0.8 9.5 5 0 9.2z" })));
    root.append(svg("defs", {}, dots, ...heads), this.dots, this.wires, this.cards);
    new ResizeObserver(() => this.look()).observe(root);
  }

  /** Shows the part of the plane that is to be seen. */
  look() {
    const { x, y, scale } = this.view;
    const [width, height] = [this.root.clientWidth / scale, this.root.clientHeight / scale];
    if (width === 0 || height === 0) return;
    this.root.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    for (const [key, value] of Object.entries({ x, y, width, height })) this.dots.setAttribute(key, String(value));
  }

  /** Where on the plane a place of the window is. @param {number} clientX @param {number} clientY */
  place(clientX, clientY) {
    const matrix = this.root.getScreenCTM();
    return matrix ? new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse()) : new DOMPoint();
  }

  centre() {
    const { x, y, scale } = this.view;
    return { x: x + this.root.clientWidth / scale / 2, y: y + this.root.clientHeight / scale / 2 };
  }

  /** @param {number} by @param {{ x: number, y: number }} [around] a place on the plane that stays */
  zoom(by, around = this.centre()) {
    const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.view.scale * by));
    const rate = this.view.scale / scale;
    this.view = { x: around.x - (around.x - this.view.x) * rate, y: around.y - (around.y - this.view.y) * rate, scale };
    this.look();
  }

  /** Shows the whole graph. */
  fit() {
    const { steps } = this.model.drawing;
    if (steps.length === 0) {
      this.view = { x: -40, y: -40, scale: 1 };
    } else {
      const left = Math.min(...steps.map((step) => step.x)) - 50;
      const top = Math.min(...steps.map((step) => step.y)) - 40;
      const right = Math.max(...steps.map((step) => step.x)) + this.card.width + 50;
      const bottom = Math.max(...steps.map((step) => step.y)) + this.card.height + 70;
      const [width, height] = [this.root.clientWidth, this.root.clientHeight];
      const scale = Math.min(1.1, Math.max(SCALE_MIN, Math.min(width / (right - left), height / (bottom - top))));
      this.view = { x: (left + right) / 2 - width / scale / 2, y: (top + bottom) / 2 - height / scale / 2, scale };
    }
    this.look();
  }

  /** Draws everything anew; what has the focus keeps it. */
  draw() {
    const focused = document.activeElement?.closest?.("[data-step]")?.getAttribute("data-step");
    this.cards.replaceChildren(...this.model.drawing.steps.map((step) => this.cardOf(step)));
    this.drawWires();
    if (focused) this.element(focused)?.focus({ preventScroll: true });
  }

  /** @param {string} id @returns {SVGGElement | null} */
  element(id) {
    return this.cards.querySelector(`[data-step="${CSS.escape(id)}"]`);
  }

  /** Moves a card that is being dragged, with its wires. @param {Step} step */
  move(step) {
    this.element(step.id)?.setAttribute("transform", `translate(${step.x} ${step.y})`);
    this.drawWires();
  }

  /** @param {Step} step */
  cardOf(step) {
    const { width, height } = this.card;
    const kind = this.kinds[step.type];
    const title = step.label.trim() || kind.words;
    const words = this.words.get(step.id) ?? "";
    const mark = this.marks.get(step.id);
    const name = [`${kind.words}: ${title}`, words, step.entry ? "Leads start here" : "", mark?.message ?? ""];
    const room = width - TEXT_LEFT - 12;
    const chosen = this.chosen.step === step.id;
    const group = svg("g", {
      class: `b-node g-card ${kind.icon.getAttribute("class")?.split(" ").find((word) => word.startsWith("kind-")) ?? ""}`,
      "data-step": step.id, tabindex: 0, role: "button", transform: `translate(${step.x} ${step.y})`,
      "aria-pressed": String(chosen),
    },
      // Names it: a label would have to repeat what is written, shortened as it is.
      svg("title", {}, name.filter(Boolean).join(". ")),
      svg("rect", { class: "g-body", width, height, rx: 10 }),
      svg("rect", { class: "g-tile", x: 10, y: 14, width: 36, height: 36, rx: 9 }),
      svg("g", { class: "g-icon", transform: "translate(18 22)" }, ...[...kind.icon.children].map((line) => /** @type {Element} */ (line.cloneNode(true)))),
      svg("text", { class: "g-title", x: TEXT_LEFT, y: 28 }, fitted(title, room, "600 14px system-ui, sans-serif")),
      svg("text", { class: "g-config", x: TEXT_LEFT, y: 48 }, fitted(words, room, "13px system-ui, sans-serif")));
    group.classList.toggle("is-chosen", chosen);
    group.classList.toggle("is-visited", this.walked.steps.has(step.id));
    if (step.entry) group.append(this.badge("Entry"));
    if (mark) {
      group.append(svg("circle", { class: `b-mark ${mark.kind}`, cx: width - 4, cy: 4, r: 10 }),
        svg("text", { class: "b-mark-sign", x: width - 4, y: 9 }, "!"));
      if (mark.kind === "fault") group.classList.add("is-faulty");
    }
    for (const port of this.portsOf(step)) group.append(this.portOf(step, port));
    return group;
  }

  /** @param {string} text */
  badge(text) {
    const width = widthOf(text, "600 13px system-ui, sans-serif") + 16;
    return svg("g", { class: "g-badge g-entry", transform: "translate(10 -11)" },
      svg("rect", { width, height: 22, rx: 11 }), svg("text", { x: width / 2, y: 16 }, text));
  }

  /** Its ports, in a row below the card. @param {Step} step */
  portsOf(step) {
    const font = "550 13px system-ui, sans-serif";
    const ports = this.model.ports(step).map((name) => {
      const text = fitted(name === "" ? "any outcome" : name, 120, font);
      return { name, text, width: widthOf(text, font) + 16 };
    });
    const all = ports.reduce((sum, port) => sum + port.width, 0) + PORT_GAP * (ports.length - 1);
    let left = (this.card.width - all) / 2;
    return ports.map((port) => {
      const placed = { ...port, left, x: left + port.width / 2, y: this.card.height + PORT_HEIGHT };
      left += port.width + PORT_GAP;
      return placed;
    });
  }

  /** @param {Step} step @param {ReturnType<Canvas["portsOf"]>[number]} port */
  portOf(step, port) {
    const wired = this.model.ways(step.id).some((way) => this.model.port(step, way) === port.name);
    const group = svg("g", { class: `b-port tone-${TONES[port.name] ?? "plain"}`, "data-port": port.name, "data-from": step.id },
      svg("title", {}, `Drag to a step: where a lead goes on ${port.name || "any outcome"}`),
      svg("rect", { x: port.left, y: this.card.height, width: port.width, height: PORT_HEIGHT, rx: 8 }),
      svg("text", { x: port.x, y: this.card.height + 17 }, port.text));
    group.classList.toggle("is-wired", wired);
    return group;
  }

  /** Where a port is on the plane. @param {Step} step @param {string} name */
  portPlace(step, name) {
    const port = this.portsOf(step).find((port) => port.name === name);
    return { x: step.x + (port?.x ?? this.card.width / 2), y: step.y + (port?.y ?? this.card.height) };
  }

  drawWires() {
    const lines = this.model.drawing.ways.flatMap((way) => {
      const [from, to] = [this.model.step(way.from), this.model.step(way.to)];
      if (!from || !to) return [];
      const port = this.model.port(from, way);
      const path = this.path(this.portPlace(from, port), { x: to.x + this.card.width / 2, y: to.y }, [from.x, to.x]);
      const walked = this.walked.ways.has(`${way.from} ${port} ${way.to}`);
      const tone = walked ? "travelled" : (TONES[port] ?? "plain");
      const chosen = this.chosen.way;
      const names = [from, to].map((step) => step.label.trim() || this.kinds[step.type].words);
      const line = svg("g", {
        class: `b-wire tone-${tone}`, tabindex: 0, role: "button", "data-from": way.from, "data-port": port, "data-to": way.to,
        "aria-label": `From ${names[0]} on ${port || "any outcome"} to ${names[1]}`,
      },
        svg("path", { class: "b-reach", d: path }),
        svg("path", { class: "g-line", d: path, "marker-end": `url(#b-head-${tone})` }));
      line.classList.toggle("is-walked", walked);
      line.classList.toggle("is-chosen", chosen?.from === way.from && chosen.port === port && chosen.to === way.to);
      return [line];
    });
    this.wires.replaceChildren(...lines);
  }

  /**
   * A curve from a port to the upper side of a card.
   *
   * @param {{ x: number, y: number }} start
   * @param {{ x: number, y: number }} end
   * @param {[number, number]} lefts left sides of both cards
   */
  path(start, end, lefts) {
    const down = end.y - start.y;
    if (down >= 24) {
      const pull = Math.max(24, Math.min(90, down / 2));
      return `M${start.x} ${start.y}C${start.x} ${start.y + pull} ${end.x} ${end.y - pull} ${end.x} ${end.y}`;
    }
    // Back up: between both cards where there is room, or else beside them.
    const [left, right] = [Math.min(...lefts), Math.max(...lefts)];
    const between = right - left - this.card.width >= 16;
    const lane = between ? (left + this.card.width + right) / 2 : right + this.card.width + 30;
    const middle = (start.y + end.y) / 2;
    return `M${start.x} ${start.y}C${start.x} ${start.y + 50} ${lane} ${start.y + 50} ${lane} ${middle}C${lane} ${end.y - 50} ${end.x} ${end.y - 50} ${end.x} ${end.y}`;
  }
}
