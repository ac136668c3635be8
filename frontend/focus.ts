// Who stands on something with the keyboard stands on it still after that part of the page was renewed. (htmx itself does
// that for elements with an id.)

function describe(element: Element): string {
  const form = element instanceof HTMLButtonElement || element instanceof HTMLInputElement ? element.form : null;
  const names = ["href", "name", "value", "aria-label"].map((name) => element.getAttribute(name) ?? "");
  return [element.tagName, form?.getAttribute("action") ?? "", ...names, element.textContent?.trim()].join("\n");
}

function alike(element: Element, description: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(element.tagName)].filter((one) => describe(one) === description);
}

export function keepFocus(): void {
  let stood: { on: Element; description: string; place: number } | undefined;

  document.body.addEventListener("htmx:beforeSwap", () => {
    const on = document.activeElement;
    if (!on || on === document.body) return;
    const description = describe(on);
    stood = { on, description, place: alike(on, description).indexOf(on as HTMLElement) };
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    if (!stood || stood.on.isConnected || document.activeElement !== document.body) return;
    alike(stood.on, stood.description)[stood.place]?.focus({ preventScroll: true });
    stood = undefined;
  });
}
