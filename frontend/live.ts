// Live pages: one event stream for all topics that the page's data-live attributes name. Each hint becomes the
// event `live:<topic>` on the body, which hx-trigger listens to. Nothing is lost over a reconnect: the stream is
// resumed from the last position that we have seen. A hidden tab lets go of its stream and catches up when it is
// looked at again, because a browser gives all tabs of one server only six connections.
import { serverSays } from "./clock";
import { text } from "./texts";

const EVERY = 1000;
const HIDDEN_FOR = 20_000;
const RETRY_FIRST = 3_000;
const RETRY_LONGEST = 60_000;

let source: EventSource | undefined;
let listening = "";
let position = "";
let retryAfter = RETRY_FIRST;
let retryTimer: number | undefined;
let hiddenTimer: number | undefined;

function topicsOfPage(): string[] {
  const topics = new Set<string>();
  for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
    for (const topic of (element.dataset.live ?? "").split(/\s+/)) if (topic) topics.add(topic);
  }
  return [...topics].sort();
}

// At most one event a second for each topic; what comes meanwhile is one more event at the end of that second.
const resting = new Map<string, boolean>();

function fire(topic: string): void {
  if (resting.has(topic)) {
    resting.set(topic, true);
    return;
  }
  document.body.dispatchEvent(new CustomEvent(`live:${topic}`));
  resting.set(topic, false);
  setTimeout(() => {
    const again = resting.get(topic);
    resting.delete(topic);
    if (again) fire(topic);
  }, EVERY);
}

function show(on: boolean): void {
  for (const state of document.querySelectorAll<HTMLElement>("[data-live-state]")) {
    state.hidden = false;
    state.classList.toggle("live-off", !on);
    const word = state.querySelector("[data-live-word]");
    const value = text(on ? "liveOn" : "liveOff");
    if (word && word.textContent !== value) word.textContent = value;
  }
}

function open(): void {
  close();
  const topics = topicsOfPage();
  const url = document.body.dataset.liveUrl;
  listening = topics.join(" ");
  if (!url || topics.length === 0) return;
  const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
  if (position) query.set("after", position);
  source = new EventSource(`${url}?${query}`);
  source.addEventListener("open", () => {
    retryAfter = RETRY_FIRST;
    show(true);
  });
  source.addEventListener("beat", (event) => {
    position = event.lastEventId;
    serverSays(Number(event.data));
  });
  source.addEventListener("hint", (event) => {
    position = event.lastEventId;
    event.data.split(" ").forEach(fire);
  });
  source.addEventListener("error", () => {
    show(false);
    if (source?.readyState !== EventSource.CLOSED) return; // the browser itself tries again
    retryTimer = window.setTimeout(open, retryAfter);
    retryAfter = Math.min(retryAfter * 2, RETRY_LONGEST);
  });
}

function close(): void {
  clearTimeout(retryTimer);
  source?.close();
  source = undefined;
}

function followVisibility(): void {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = window.setTimeout(close, HIDDEN_FOR);
  else if (!source) open();
}

export function startLive(): void {
  open();
  document.addEventListener("visibilitychange", followVisibility);
  document.body.addEventListener("htmx:afterSettle", () => {
    if (topicsOfPage().join(" ") !== listening) open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
}
