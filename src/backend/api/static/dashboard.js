// The dashboard: one WebSocket, three parts of the page.
// Whatever comes from outside goes into the page as text (textContent), never as HTML.

const KEEP = 100; // cards
const MEMORY = 120000; // ms that the chart shows
const SILENCE = 6000; // ms: an overview comes every second, so after this the line is dead
const RISKS = ["low", "medium", "high", "critical"];

const $ = (id) => document.getElementById(id);
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

// ---- connection ---------------------------------------------------------------------

let socket;
let attempt = 0;
let lastMessage = 0;
let liveSince = 0;

function show(state, words) {
  if ($("state").textContent === words) return; // a screen reader would say it again
  $("state").dataset.state = state;
  $("state").textContent = words;
}

function connect() {
  const url = new URL("ws/events", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  lastMessage = Date.now();
  socket.onopen = () => {
    attempt = 0;
    lastMessage = liveSince = Date.now();
    show("live", "Live");
  };
  socket.onmessage = (message) => {
    lastMessage = Date.now();
    receive(message.data);
  };
  socket.onclose = () => {
    show("lost", "Connection lost, trying again");
    const wait = Math.min(5000, 250 * 2 ** attempt++);
    setTimeout(connect, wait * (0.75 + Math.random() / 2));
  };
}

setInterval(() => {
  if (socket.readyState <= WebSocket.OPEN && Date.now() - lastMessage > SILENCE) {
    const dead = socket;
    dead.onmessage = null;
    const again = dead.onclose;
    dead.onclose = null;
    dead.close(); // its good-bye may never be answered: do not wait for it
    again();
  }
}, 1000);

function receive(text) {
  const message = JSON.parse(text);
  if (message.type === "event") addEvent(message.data);
  if (message.type === "overview") {
    const redis = message.data.redis === "healthy";
    show(redis ? "live" : "degraded", redis ? "Live" : "Connected, but Redis is away");
    if (redis) {
      showQueues(message.data.queues);
      showCameras(message.data.cameras);
    }
  }
}

// ---- events -------------------------------------------------------------------------

const cards = new Map(); // by batch_id: a batch has one event, also when it is sent twice
let heldBack = [];
let toAnnounce = [];

function addEvent(event) {
  if (cards.has(event.batch_id)) return;
  if ($("pause").getAttribute("aria-pressed") === "true") {
    if (!heldBack.some((held) => held.batch_id === event.batch_id)) heldBack.push(event);
    if (heldBack.length > KEEP) heldBack.shift();
    $("pause").textContent = `Go on (${heldBack.length} new)`;
    return;
  }
  const card = makeCard(event);
  // What comes in the first moments of a connection is history.
  if (Date.now() - liveSince > 1000) {
    card.classList.add("new");
    announce(event);
  }
  cards.set(event.batch_id, card);
  $("events").prepend(card);
  if (cards.size > KEEP) {
    const [oldest, itsCard] = cards.entries().next().value;
    itsCard.remove();
    cards.delete(oldest);
  }
  applyFilter();
}

function makeCard(event) {
  const level = RISKS.includes(event.risk_level) ? event.risk_level : "unknown";
  const card = make("li", "card");
  card.dataset.risk = level;
  card.dataset.score = Number(event.risk_score);
  const heading = make("h3");
  heading.append(make("b", "", event.risk_score), `${level} risk`);
  const where = make("p", "where");
  const time = make("time", "", timeOf(event.started_at));
  time.dateTime = event.started_at;
  where.append(`${event.camera_id}, `, time);
  card.append(heading, make("p", "summary", event.summary), where);
  return card;
}

function timeOf(text) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? String(text) : time.toLocaleTimeString();
}

function announce(event) {
  toAnnounce.push(event);
  if (toAnnounce.length > 1) return; // the timer runs already
  setTimeout(() => {
    const [first, ...more] = toAnnounce;
    const worst = Math.max(...toAnnounce.map((each) => each.risk_score));
    $("announcer").textContent = more.length
      ? `${toAnnounce.length} new events, the highest risk is ${worst}.`
      : `New event: ${first.risk_level} risk, ${first.risk_score}, at ${first.camera_id}. ${first.summary}`;
    toAnnounce = [];
  }, 500);
}

function applyFilter() {
  const least = Number($("filter").value);
  let shown = 0;
  for (const card of cards.values()) {
    card.hidden = Number(card.dataset.score) < least;
    if (!card.hidden) shown += 1;
  }
  $("count").textContent = cards.size ? `(${shown} of ${cards.size})` : "";
  $("nothing").hidden = shown > 0;
  $("nothing").textContent = cards.size
    ? "No event of this risk."
    : "Nothing has happened yet. Events appear here by themselves.";
}

$("filter").onchange = applyFilter;
$("pause").onclick = () => {
  const paused = $("pause").getAttribute("aria-pressed") === "true";
  $("pause").setAttribute("aria-pressed", String(!paused));
  $("pause").textContent = paused ? "Pause" : "Go on";
  const held = heldBack;
  heldBack = [];
  held.forEach(addEvent);
};

// ---- queues -------------------------------------------------------------------------

const COUNTS = ["pending", "processing", "dead"]; // the columns of the table
const STYLES = 4; // of lines, in the style sheet
const queues = new Map(); // by name, as the overview tells of them

function addQueue(name) {
  const style = `line-${queues.size % STYLES}`;
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("class", style);
  line.dataset.queue = name;
  const key = make("span", `key ${style}`);
  key.setAttribute("aria-hidden", "true");
  const heading = make("th");
  heading.scope = "row";
  heading.append(key, name);
  const cells = COUNTS.map(() => make("td"));
  const row = make("tr");
  row.append(heading, ...cells);
  if (!queues.size) $("queues").replaceChildren();
  $("queues").append(row);
  $("lines").append(line);
  queues.set(name, { line, cells, samples: [] });
}

function showQueues(counts) {
  const now = Date.now();
  for (const [name, of] of Object.entries(counts)) {
    if (!queues.has(name)) addQueue(name);
    const { cells, samples } = queues.get(name);
    samples.push({ at: now, length: of.pending });
    while (now - samples[0].at > MEMORY) samples.shift();
    cells.forEach((cell, column) => { cell.textContent = of[COUNTS[column]]; });
  }
  const most = ({ samples }) => Math.max(...samples.map((sample) => sample.length));
  const top = Math.max(5, ...[...queues.values()].map(most));
  $("top").textContent = top;
  for (const { line, samples } of queues.values()) {
    const points = samples.map(({ at, length }) => {
      const x = 240 - (240 * (now - at)) / MEMORY;
      return `${x.toFixed(1)},${(99 - (98 * length) / top).toFixed(1)}`;
    });
    line.setAttribute("points", points.join(" "));
  }
  const words = [...queues].map(([name, queue]) =>
    `${name}: ${queue.samples.at(-1).length} waiting now, ${most(queue)} at the most`);
  $("chart").setAttribute("aria-label", words.join("; "));
}

// ---- cameras ------------------------------------------------------------------------

function showCameras(cameras) {
  if (!cameras.length) return;
  const rows = cameras.map((camera) => {
    const row = make("li");
    const status = make("span", "status", camera.status);
    status.dataset.status = camera.status;
    if (camera.last_seen) status.textContent += `, ${timeOf(camera.last_seen)}`;
    row.append(make("span", "", camera.camera_id), status);
    return row;
  });
  $("cameras").replaceChildren(...rows);
}

connect();
