// What hands do on the canvas: drag, wire, pan, pinch; and the same with keys.
// @ts-check

import { GRID, onGrid } from "./builder-model.js";
import { svg } from "./builder-canvas.js";

/** @typedef {import("./builder-canvas.js").Canvas} Canvas @typedef {import("./builder-model.js").Model} Model */

/** A pointer that moves less than this is a click. Unit: pixels. */
const CLICK = 4;

/**
 * @typedef {object} Hands
 * @property {(chosen: Canvas["chosen"]) => void} choose
 * @property {(chosen: Canvas["chosen"]) => void} remove
 * @property {() => void} open puts the focus into the form of what is chosen
 */

/** @param {Canvas} canvas @param {Model} model @param {Hands} hands */
export function followHands(canvas, model, hands) {
  const { root } = canvas;
  /** @type {Map<number, { x: number, y: number }>} */
  const pointers = new Map();
  /** @type {null | { move: (event: PointerEvent) => void, end: (event: PointerEvent | null, far: boolean) => void }} */
  let drag = null;
  let began = { x: 0, y: 0 };
  let far = false;

  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    root.setPointerCapture(event.pointerId);
    if (pointers.size === 2) {
      drag?.end(null, false);
      drag = pinch();
      return;
    }
    began = { x: event.clientX, y: event.clientY };
    far = false;
    const target = /** @type {Element} */ (event.target);
    const port = target.closest("[data-port].b-port");
    const wire = target.closest(".b-wire");
    const card = target.closest("[data-step]");
    if (port) drag = wiring(port.getAttribute("data-from") ?? "", port.getAttribute("data-port") ?? "");
    else if (card) drag = moving(card.getAttribute("data-step") ?? "", event);
    else if (wire) drag = onWire(wire);
    else drag = panning();
    event.preventDefault();
  });
  root.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    far ||= Math.hypot(event.clientX - began.x, event.clientY - began.y) > CLICK;
    if (far || pointers.size > 1) drag?.move(event);
  });
  const end = (/** @type {PointerEvent} */ event, /** @type {boolean} */ done) => {
    if (!pointers.delete(event.pointerId)) return;
    drag?.end(done ? event : null, far);
    drag = null;
  };
  root.addEventListener("pointerup", (event) => end(event, true));
  root.addEventListener("pointercancel", (event) => end(event, false));
  root.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    canvas.zoom(Math.exp(-event.deltaY / 300), canvas.place(event.clientX, event.clientY));
  }, { passive: false });

  /** The step under a pointer. @param {PointerEvent} event */
  const stepAt = (event) =>
    document.elementFromPoint(event.clientX, event.clientY)?.closest?.("[data-step]")?.getAttribute("data-step") ?? null;

  /** @param {string} from @param {string} port */
  function wiring(from, port) {
    const step = model.step(from);
    const line = svg("path", { class: "b-wire-free" });
    /** @type {Element | null} */
    let aimed = null;
    const aim = (/** @type {string | null} */ id) => {
      aimed?.classList.remove("is-target");
      aimed = id === null ? null : canvas.element(id);
      aimed?.classList.add("is-target");
    };
    if (step) root.append(line);
    return {
      move(/** @type {PointerEvent} */ event) {
        if (!step) return;
        const end = canvas.place(event.clientX, event.clientY);
        line.setAttribute("d", canvas.path(canvas.portPlace(step, port), end, [step.x, end.x - canvas.card.width / 2]));
        aim(stepAt(event));
      },
      end(/** @type {PointerEvent | null} */ event, /** @type {boolean} */ far) {
        line.remove();
        aim(null);
        const to = event && far ? stepAt(event) : null;
        if (to !== null) model.connect(from, port, to);
        else if (event && !far) hands.choose({ step: from });
      },
    };
  }

  /** @param {string} id @param {PointerEvent} event */
  function moving(id, event) {
    const step = model.step(id);
    const grip = canvas.place(event.clientX, event.clientY);
    const from = { x: step?.x ?? 0, y: step?.y ?? 0 };
    hands.choose({ step: id });
    canvas.element(id)?.focus({ preventScroll: true });
    const to = (/** @type {PointerEvent} */ event) => {
      const at = canvas.place(event.clientX, event.clientY);
      return { x: onGrid(from.x + at.x - grip.x), y: onGrid(from.y + at.y - grip.y) };
    };
    return {
      move(/** @type {PointerEvent} */ event) {
        if (step) canvas.move(Object.assign(step, to(event)));
      },
      end(/** @type {PointerEvent | null} */ event, /** @type {boolean} */ far) {
        if (!step) return;
        const place = event && far ? to(event) : from;
        Object.assign(step, from);
        model.change(() => Object.assign(step, place));
        canvas.move(step);
      },
    };
  }

  /** @param {Element} wire */
  function onWire(wire) {
    const way = wayOf(wire);
    return { move() {}, end: () => hands.choose({ way }) };
  }

  function panning() {
    const { x, y } = canvas.view;
    return {
      move(/** @type {PointerEvent} */ event) {
        root.classList.add("panning");
        const { scale } = canvas.view;
        canvas.view = { x: x - (event.clientX - began.x) / scale, y: y - (event.clientY - began.y) / scale, scale };
        canvas.look();
      },
      end(/** @type {PointerEvent | null} */ event, /** @type {boolean} */ far) {
        root.classList.remove("panning");
        if (event && !far) hands.choose({});
      },
    };
  }

  function pinch() {
    const fingers = () => {
      const [a, b] = [...pointers.values()];
      return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) } : null;
    };
    let before = fingers();
    return {
      move() {
        const now = fingers();
        if (!before || !now || before.apart === 0) return;
        const held = canvas.place(before.x, before.y);
        canvas.zoom(now.apart / before.apart, held);
        const moved = canvas.place(now.x, now.y);
        canvas.view = { ...canvas.view, x: canvas.view.x + held.x - moved.x, y: canvas.view.y + held.y - moved.y };
        canvas.look();
        before = now;
      },
      end() {},
    };
  }

  root.addEventListener("focusin", (event) => {
    const target = /** @type {Element} */ (event.target);
    const step = target.closest("[data-step]")?.getAttribute("data-step");
    if (step && canvas.chosen.step !== step && !drag) hands.choose({ step });
  });
  root.addEventListener("keydown", (event) => {
    const wire = /** @type {Element} */ (event.target).closest(".b-wire");
    const chosen = wire ? { way: wayOf(wire) } : canvas.chosen;
    const step = wire ? undefined : model.step(canvas.chosen.step);
    const far = event.shiftKey ? 5 * GRID : GRID;
    const arrow = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow && step) {
      model.change(() => Object.assign(step, { x: step.x + arrow[0], y: step.y + arrow[1] }), { key: `move ${step.id}` });
    } else if (arrow) {
      canvas.view = { ...canvas.view, x: canvas.view.x + 4 * arrow[0], y: canvas.view.y + 4 * arrow[1] };
      canvas.look();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      hands.remove(chosen);
    } else if (event.key === "Enter" || event.key === " ") {
      hands.choose(chosen);
      hands.open();
    } else if (event.key === "Escape") {
      drag?.end(null, false);
      drag = null;
      hands.choose({});
    } else if (event.key === "+" || event.key === "-") {
      canvas.zoom(event.key === "+" ? 1.2 : 1 / 1.2);
    } else {
      return;
    }
    event.preventDefault();
  });
}

/** @param {Element} wire */
function wayOf(wire) {
  const read = (/** @type {string} */ name) => wire.getAttribute(`data-${name}`) ?? "";
  return { from: read("from"), port: read("port"), to: read("to") };
}

/**
 * A step out of the palette: dragged to a place on the canvas, or clicked.
 *
 * @param {HTMLElement} button
 * @param {Canvas} canvas
 * @param {(place: { x: number, y: number } | null) => void} add
 */
export function followPalette(button, canvas, add) {
  /** @type {HTMLElement | null} */
  let ghost = null;
  let began = { x: 0, y: 0 };
  let down = false;
  let wasDragged = false;
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    down = true;
    began = { x: event.clientX, y: event.clientY };
    button.setPointerCapture(event.pointerId);
  });
  button.addEventListener("pointermove", (event) => {
    if (!down) return;
    if (!ghost && Math.hypot(event.clientX - began.x, event.clientY - began.y) > CLICK) {
      ghost = /** @type {HTMLElement} */ (button.cloneNode(true));
      ghost.classList.add("b-ghost");
      document.body.append(ghost);
    }
    // Set by the script, which the policy of the page allows: what it forbids is style in markup.
    if (ghost) Object.assign(ghost.style, { left: `${event.clientX}px`, top: `${event.clientY}px` });
  });
  const end = (/** @type {PointerEvent} */ event, /** @type {boolean} */ done) => {
    const dragged = ghost !== null;
    ghost?.remove();
    ghost = null;
    down = false;
    if (!dragged) return;
    // The click that follows a drag is none; a drag that ends elsewhere has none.
    wasDragged = true;
    setTimeout(() => (wasDragged = false));
    const box = canvas.root.getBoundingClientRect();
    const within = event.clientX > box.left && event.clientX < box.right && event.clientY > box.top && event.clientY < box.bottom;
    if (done && within) {
      const { x, y } = canvas.place(event.clientX, event.clientY);
      add({ x: x - canvas.card.width / 2, y: y - canvas.card.height / 2 });
    }
  };
  button.addEventListener("pointerup", (event) => end(event, true));
  button.addEventListener("pointercancel", (event) => end(event, false));
  button.addEventListener("click", () => wasDragged || add(null));
}
