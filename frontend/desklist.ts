// The agents' workplace: keys that work on the line one stands on, links that take the filters along, folds that are
// ready to type in, and steps of a macro that show only what belongs to them. Everything works without it.

// These act on what is marked; with nothing marked, on the line one stands on.
const ON_MARKED = new Set(["a", "p", "l", "m", "s", "e"]);
// These lead from a line into its case, to the place named.
const INTO_CASE: Record<string, string> = { r: "#reply", n: "#note" };

function typing(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && /^(checkbox|radio)$/.test(target.type)) return false;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function keys(showBulk: () => void): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
      const row = document.querySelector<HTMLElement>("[data-bulk] [data-row].row-current");
      if (!row || document.querySelector("dialog[open]")) return;
      const place = INTO_CASE[event.key];
      if (place) {
        const link = row.querySelector<HTMLAnchorElement>("a[href]");
        if (link) location.href = link.href + place;
      } else if (ON_MARKED.has(event.key) && !document.querySelector("[data-bulk] input[name=case]:checked")) {
        const box = row.querySelector<HTMLInputElement>("input[name=case]");
        if (box) box.checked = true;
        showBulk();
      }
    },
    { capture: true },
  );
}

// A fold opened by its key, or named in the address, is ready to type in.
function folds(): void {
  const enter = (fold: Element | null) => {
    const field = fold?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea");
    field?.focus();
  };
  document.addEventListener("click", (event) => {
    const summary = (event.target as Element).closest("summary[data-key]");
    const fold = summary?.parentElement as HTMLDetailsElement | null | undefined;
    if (fold && !fold.open) requestAnimationFrame(() => enter(fold));
  });
  if (location.hash === "#reply") document.getElementById("id_text")?.focus();
  const named = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    enter(named);
  }
}

// The address line holds the filters in force, after every choice; these links take them along.
function followFilters(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-follows-filters]");
    const query = document.getElementById("results")?.dataset.query;
    if (link && query !== undefined) link.search = query;
  });
}

// Of a step's controls only those are shown that belong to what it does.
const SHOWN: Record<string, string[]> = {
  text: ["text"], note: ["note"], priority: ["priority"], assign: ["assign"], tag: ["tag"], untag: ["tag"],
  field: ["field", "answer"], state: ["state", "reason"],
};

function steps(): void {
  const show = (step: HTMLElement) => {
    const chosen = step.querySelector<HTMLSelectElement>(".desk-step-do select")?.value ?? "";
    for (const part of step.querySelectorAll<HTMLElement>("[class^=desk-step-]")) {
      const name = part.className.replace("desk-step-", "");
      part.hidden = name !== "do" && !(SHOWN[chosen] ?? []).includes(name);
    }
  };
  for (const step of document.querySelectorAll<HTMLElement>("[data-step]")) {
    show(step);
    step.addEventListener("change", () => show(step));
  }
}

export function startWorkplace(showBulk: () => void): void {
  keys(showBulk);
  folds();
  followFilters();
  steps();
}
