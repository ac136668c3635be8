// The few words that scripts show, translated by the server into data attributes of #texts.
export type TextName =
  | "left" | "soon" | "over" | "days" | "hours" | "minutes" | "seconds" | "confirm" | "cancel" | "proceed"
  | "draft" | "discard" | "failed" | "offline" | "liveOn" | "liveOff" | "close";

export function text(name: TextName): string {
  return document.getElementById("texts")?.dataset[name] ?? "";
}
