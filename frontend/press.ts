// What a press began on is still there when it ends. A renewal of the page that came in between would put another element
// in its place, and the browser would make no click of the two halves; a list of choices would close over it. Such a
// renewal is asked for again afterwards.

const HELD_AT_MOST = 30_000; // a press whose end is never told

export function startPress(): void {
  const missed = new Set<string>();
  let pressed: Element | undefined;
  let timer = 0;

  const release = () => {
    clearTimeout(timer);
    pressed = undefined;
    for (const topic of missed) document.body.dispatchEvent(new CustomEvent(topic));
    missed.clear();
  };
  // The click follows the end of the press.
  const releaseSoon = () => setTimeout(release);
  document.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    pressed = event.target as Element;
    clearTimeout(timer);
    timer = window.setTimeout(release, HELD_AT_MOST);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => pressed instanceof HTMLSelectElement || releaseSoon());
  }
  for (const end of ["change", "focusout"]) {
    document.addEventListener(end, (event) => event.target === pressed && releaseSoon());
  }

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { triggeringEvent } = (event as CustomEvent<{ requestConfig: { triggeringEvent?: Event } }>).detail.requestConfig;
    if (!pressed || !triggeringEvent?.type.startsWith("live:")) return;
    missed.add(triggeringEvent.type);
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}
