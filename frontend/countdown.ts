// Keeps every [data-countdown] running: the amount each second, colour and word when it is near or over; and every
// [data-countup]: how long ago its moment is.
import { now } from "./clock";
import { text } from "./texts";

// Below this many seconds the seconds are shown; the filter `duration` counts in the same manner.
const SECONDS_MATTER = 600;

export function duration(milliseconds: number): string {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const units: [number, string][] = [
    [Math.floor(seconds / 86400), text("days")],
    [Math.floor((seconds % 86400) / 3600), text("hours")],
    [Math.floor((seconds % 3600) / 60), text("minutes")],
    [seconds < SECONDS_MATTER ? seconds % 60 : 0, text("seconds")],
  ];
  const largest = units.findIndex(([amount]) => amount > 0);
  if (largest < 0) return `0 ${text("seconds")}`;
  return units.slice(largest, largest + 2).filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`).join(" ");
}

function tick(element: HTMLTimeElement): void {
  const left = Date.parse(element.dateTime) - now();
  const soon = Number(element.dataset.soon ?? 3600) * 1000;
  const state = left < 0 ? "over" : left < soon ? "soon" : "left";
  const tone = { over: "danger", soon: "warning", left: "secondary" }[state];
  element.classList.toggle("state-danger", tone === "danger");
  element.classList.toggle("state-warning", tone === "warning");
  element.classList.toggle("state-secondary", tone === "secondary");
  set(element, "[data-word]", text(state));
  set(element, "[data-amount]", duration(left));
}

function set(element: HTMLElement, selector: string, value: string): void {
  const part = element.querySelector(selector);
  if (part && part.textContent !== value) part.textContent = value;
}

export function tickAll(): void {
  document.querySelectorAll<HTMLTimeElement>("time[data-countdown]").forEach(tick);
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-countup]")) {
    const value = duration(Math.max(0, now() - Date.parse(element.dateTime)));
    if (element.textContent !== value) element.textContent = value;
  }
}

export function startCountdowns(): void {
  tickAll();
  setInterval(tickAll, 1000);
}
