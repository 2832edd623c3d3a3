// One stream of events for all tabs: a browser opens only six connections to a server.
// @ts-check

/**
 * @typedef {object} Listener
 * @property {(counts: Record<string, string>) => void} counts numbers by the keys of `data-live`
 * @property {(topics: string[]) => void} changed topics whose parts are to be loaded again
 * @property {(here: boolean) => void} state whether the stream is there
 */

/** Up to where in the journal the page knows everything. */
const readFrom = () => Number(document.body.dataset.readFrom ?? 0);

/**
 * Follows topics for as long as the page is open.
 *
 * @param {string[]} topics
 * @param {Listener} listener
 */
export function follow(topics, listener) {
  const worker = document.body.dataset.worker;
  if (typeof SharedWorker === "undefined" || !worker) {
    followAlone(topics, listener);
    return;
  }
  const shared = new SharedWorker(worker, { name: "branchline" });
  shared.port.onmessage = ({ data }) => {
    if (data.counts) listener.counts(data.counts);
    if (data.changed?.some((/** @type {string} */ topic) => topics.includes(topic))) listener.changed(data.changed);
    if (data.here !== undefined) listener.state(data.here);
    // The worker asks who is still there: a tab that was closed does not answer.
    if (data.ping) shared.port.postMessage({ pong: true });
  };
  shared.port.postMessage({ topics, readFrom: readFrom() });
  addEventListener("pagehide", () => shared.port.postMessage({ topics: [] }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      shared.port.postMessage({ topics, readFrom: readFrom() });
      listener.changed(topics);
    }
  });
}

/**
 * Without a shared worker the page has a stream of its own.
 *
 * @param {string[]} topics
 * @param {Listener} listener
 */
function followAlone(topics, listener) {
  const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
  const source = new EventSource(`/live?${query}`);
  let wasAway = false;
  source.onopen = () => {
    listener.state(true);
    if (wasAway) listener.changed(topics);
    wasAway = false;
  };
  source.onerror = () => {
    wasAway = true;
    listener.state(false);
  };
  source.addEventListener("place", (event) => {
    if (Number(event.data) > readFrom()) listener.changed(topics);
  });
  source.addEventListener("counts", (event) => listener.counts(JSON.parse(event.data)));
  source.addEventListener("changed", (event) => listener.changed(JSON.parse(event.data)));
}
