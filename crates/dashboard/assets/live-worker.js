// Shared by all tabs of a browser: holds the one stream, and passes on to each tab what it asked for.
// @ts-check

/** Topics by tab. @type {Map<MessagePort, string[]>} */
const tabs = new Map();
/** Tabs that have answered since the last question. @type {Set<MessagePort>} */
const heard = new Set();
/** @type {EventSource | null} */
let source = null;
let followed = "";
let wasAway = false;
/** Whether the stream has told where in the journal it begins. */
let begun = false;
/** Up to where in the journal tabs know everything whose stream begins with them. @type {Map<MessagePort, number>} */
const readFrom = new Map();
/** Where in the journal a topic changed last. @type {Map<string, number>} */
const changedAt = new Map();
/** The newest numbers, for a tab that comes later. @type {Record<string, string>} */
let known = {};

/** @param {object} message */
function tell(message) {
  for (const port of tabs.keys()) port.postMessage(message);
}

function connect() {
  const wanted = [...new Set([...tabs.values()].flat())].sort();
  if (wanted.join(" ") === followed) return;
  /** Topics of the stream that this one takes the place of. */
  const before = new Set(followed.split(" "));
  followed = wanted.join(" ");
  source?.close();
  source = null;
  begun = false;
  known = {};
  if (wanted.length === 0) return;
  const query = wanted.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
  source = new EventSource(`/live?${query}`);
  source.onopen = () => {
    tell({ here: true });
    // What happened in between was not told.
    const missed = wasAway ? wanted : wanted.filter((topic) => before.has(topic));
    if (missed.length > 0) tell({ changed: missed });
    wasAway = false;
    before.clear();
  };
  source.onerror = () => {
    wasAway = true;
    tell({ here: false });
    // A browser gives up after an answer that is no stream, such as a server that starts.
    if (source?.readyState === EventSource.CLOSED) {
      followed = "";
      setTimeout(connect, 2_000);
    }
  };
  source.addEventListener("place", (event) => {
    // Between a page and its stream something may have happened.
    for (const [port, from] of readFrom) {
      if (Number(event.data) > from) port.postMessage({ changed: tabs.get(port) ?? [] });
    }
    readFrom.clear();
    begun = true;
  });
  source.addEventListener("counts", (event) => {
    const counts = JSON.parse(event.data);
    Object.assign(known, counts);
    tell({ counts });
  });
  source.addEventListener("changed", (event) => {
    /** @type {string[]} */
    const changed = JSON.parse(event.data);
    for (const topic of changed) changedAt.set(topic, Number(event.lastEventId));
    tell({ changed });
  });
}

/** @param {MessagePort} port */
function forget(port) {
  tabs.delete(port);
  heard.delete(port);
  readFrom.delete(port);
  connect();
}

// @ts-ignore: the global scope of a shared worker
self.onconnect = (/** @type {MessageEvent} */ event) => {
  const [port] = event.ports;
  port.onmessage = ({ data }) => {
    heard.add(port);
    if (!data.topics) return;
    if (data.topics.length === 0) return forget(port);
    tabs.set(port, data.topics);
    readFrom.set(port, data.readFrom);
    connect();
    if (source?.readyState !== EventSource.OPEN) return;
    port.postMessage({ here: true, counts: known });
    if (!begun) return;
    readFrom.delete(port);
    const changed = data.topics.filter((/** @type {string} */ topic) => (changedAt.get(topic) ?? 0) > data.readFrom);
    if (changed.length > 0) port.postMessage({ changed });
  };
};

setInterval(() => {
  for (const port of tabs.keys()) {
    if (!heard.has(port)) forget(port);
  }
  heard.clear();
  tell({ ping: true });
}, 60_000);
