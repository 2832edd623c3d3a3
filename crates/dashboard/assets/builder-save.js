// Saves the drawing as a new revision. Nothing that was drawn is lost by a refusal.
// @ts-check

import { drawn } from "./builder-model.js";
import { make, nameOf } from "./builder-form.js";

/** @typedef {import("./builder-model.js").Model} Model @typedef {import("./builder-model.js").Step} Step */

/** @param {string} id @returns {any} */
const found = (id) => document.getElementById(id);

/**
 * @param {{ model: Model, workflow: string, path: string, kinds: Record<string, { icon: Element, words: string }>, say: (words: string, kind: "fault" | "notice" | null) => void, busy: (busy: boolean) => void }} house
 */
export function saver({ model, workflow, path, kinds, say, busy }) {
  const address = `/v1/workflows/${workflow}`;

  /** @param {string} place */
  async function get(place) {
    const answer = await fetch(`${address}${place}`);
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `the server answered ${answer.status}`);
    return answer.json();
  }

  /** Steps that were deleted while leads stand there. @returns {Promise<{ step: Step, leads: number }[]>} */
  async function stranded() {
    const gone = [...model.base.values()].filter((step) => !model.step(step.id));
    if (gone.length === 0) return [];
    const { by_node: counts } = await get("/counts");
    return gone.map((step) => ({ step, leads: counts[step.id]?.here ?? 0 })).filter(({ leads }) => leads > 0);
  }

  /** Asks where leads go on. @param {{ step: Step, leads: number }[]} steps @returns {Promise<Record<string, string> | null>} */
  function askMoves(steps) {
    const dialog = /** @type {HTMLDialogElement} */ (found("moves"));
    const selects = steps.map(({ step, leads }) => {
      const select = /** @type {HTMLSelectElement} */ (make("select", { id: `move-${step.id}`, name: step.id }));
      for (const other of model.drawing.steps) select.add(new Option(nameOf(other, kinds), other.id));
      const words = `${leads} at ${nameOf(step, kinds)} go to`;
      return make("div", { className: "b-field" }, make("label", { htmlFor: select.id }, words), select);
    });
    found("moves-form").replaceChildren(...selects);
    return new Promise((resolve) => {
      const done = (/** @type {boolean} */ save) => {
        dialog.onclose = null;
        dialog.close();
        const chosen = /** @type {NodeListOf<HTMLSelectElement>} */ (dialog.querySelectorAll("select"));
        resolve(save ? Object.fromEntries([...chosen].map((select) => [select.name, select.value])) : null);
      };
      found("moves-save").onclick = () => done(true);
      found("moves-back").onclick = () => done(false);
      dialog.onclose = () => done(false);
      dialog.showModal();
    });
  }

  async function save() {
    if (!model.isChanged) return;
    busy(true);
    say("", null);
    try {
      const waiting = await stranded();
      const move = waiting.length > 0 ? await askMoves(waiting) : {};
      if (move !== null) await put(move);
    } catch (error) {
      say(`It is not saved: ${/** @type {Error} */ (error).message}`, "fault");
    }
    busy(false);
  }

  /** @param {Record<string, string>} move */
  async function put(move) {
    const body = JSON.stringify({ ...model.graph(), ...(Object.keys(move).length > 0 ? { move } : {}) });
    const sent = model.text();
    const answer = await fetch(`${address}/graph`, {
      method: "PUT",
      headers: { "content-type": "application/json", "if-match": `"${model.revision}"`, "idempotency-key": crypto.randomUUID?.() ?? `${Date.now()}` },
      body,
    });
    const read = await answer.json().catch(() => ({}));
    if (answer.status === 412) return stale(read.current_revision);
    if (!answer.ok) {
      const details = (read.errors ?? []).map((/** @type {any} */ error) => error.detail);
      throw new Error(details.length > 0 ? details.join("; ") : (read.detail ?? `the server answered ${answer.status}`));
    }
    const { node_ids: ids = {}, ...graph } = read;
    // What was drawn while it was being saved stays.
    const later = model.text() === sent ? null : model.text();
    model.load(graph, false);
    model.rename(ids);
    if (later !== null) model.change((drawing) => Object.assign(drawing, JSON.parse(renamed(later, ids))));
    say(`Saved as revision ${graph.revision}.`, "notice");
  }

  /** @param {string} text @param {Record<string, string>} ids */
  const renamed = (text, ids) =>
    Object.entries(ids).reduce((text, [name, id]) => text.replaceAll(`"${name}"`, `"${id}"`), text);

  /** Somebody else was faster. @param {number} revision */
  async function stale(revision) {
    const theirs = await get("/graph");
    const newest = await fetch(`${path}/edit/newest`).then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({}));
    const who = newest.by ? `${newest.by} saved revision ${revision}, ${new Date(newest.at).toLocaleString()}.` : `The newest one is ${revision}.`;
    const dialog = /** @type {HTMLDialogElement} */ (found("stale"));
    const changes = differences(theirs);
    found("stale-words").replaceChildren(
      make("p", {}, `You drew on revision ${model.revision}. ${who} Your drawing is still here. What they changed:`),
      make("ul", {}, ...(changes.length > 0 ? changes : ["places on the canvas only"]).map((words) => make("li", {}, words))));
    found("stale-look").href = `${path}/revisions?from=${model.revision}&to=${theirs.revision}`;
    found("stale-mine").onclick = () => {
      dialog.close();
      model.revision = theirs.revision;
      model.base = new Map(drawn(theirs).steps.map((step) => [step.id, step]));
      save();
    };
    found("stale-theirs").onclick = () => {
      dialog.close();
      const mine = model.text();
      model.load(theirs, false);
      // One step back is what was drawn here.
      model.past.push(mine);
      model.tell("travelled");
      say("This is theirs. Undo brings your drawing back.", "notice");
    };
    found("stale-back").onclick = () => dialog.close();
    dialog.showModal();
  }

  /** What differs between what we began with and theirs, in words. @param {any} graph */
  function differences(graph) {
    const theirs = drawn(graph);
    const words = [];
    for (const step of theirs.steps) {
      const before = model.base.get(step.id);
      const name = nameOf(step, kinds);
      if (!before) words.push(`added ${name}`);
      else if (before.label !== step.label || before.entry !== step.entry || JSON.stringify(before.config) !== JSON.stringify(step.config)) words.push(`changed ${name}`);
    }
    for (const step of model.base.values()) {
      if (!theirs.steps.some((other) => other.id === step.id)) words.push(`deleted ${nameOf(step, kinds)}`);
    }
    const lines = (/** @type {any[]} */ ways) => ways.map((way) => `${way.from} ${way.output} ${way.to}`).sort().join("\n");
    if (lines(theirs.ways) !== lines(JSON.parse(model.saved).ways)) words.push("changed ways between steps");
    return words;
  }

  return { save, get };
}
