// Work without a mouse: j and k walk through the lines of a [data-list], Enter or o opens, x marks; any element with
// data-key="r" is pressed (or, being a field, entered) by that key; “/” searches, “?” shows the keys.

function typing(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && /^(checkbox|radio)$/.test(target.type)) return false;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-list] [data-row]")];
}

function current(): HTMLElement | undefined {
  return rows().find((row) => row.classList.contains("row-current"));
}

function nameOf(row: HTMLElement): string {
  return row.id || row.querySelector("a[href]")?.getAttribute("href") || "";
}

function walk(step: number): void {
  const all = rows();
  const from = current();
  const next = all[from ? all.indexOf(from) + step : step > 0 ? 0 : all.length - 1];
  if (!next) return;
  from?.classList.remove("row-current");
  next.classList.add("row-current");
  next.querySelector<HTMLElement>("a[href]")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// What belongs to a line is pressed only while one stands on that line.
function press(key: string): boolean {
  const targets = [...document.querySelectorAll<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)];
  const line = current();
  const target = targets.find((one) => line?.contains(one)) ?? targets.find((one) => !one.closest("[data-row]"));
  if (!target) return false;
  if (typing(target)) target.focus();
  else target.click();
  return true;
}

// The help tells what the keys of this very page do, in the words of what they press.
function showKeysHere(): void {
  const list = document.querySelector("[data-keys-here]");
  if (!list) return;
  list.replaceChildren();
  const told = new Set(["/"]);
  for (const one of document.querySelectorAll<HTMLElement>("[data-key]")) {
    const key = one.dataset.key ?? "";
    const words = (one.dataset.keyLabel ?? one.getAttribute("aria-label") ?? one.getAttribute("placeholder") ?? one.textContent ?? "").trim();
    if (told.has(key) || !words || one.closest("[data-row]")) continue;
    told.add(key);
    const line = document.createElement("div");
    const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
    const cap = document.createElement("kbd");
    cap.textContent = key;
    term.append(cap);
    meaning.textContent = words;
    line.append(term, meaning);
    list.append(line);
  }
}

// A list that renews itself keeps the line one stands on.
function keepPlace(): void {
  let place: string | undefined;
  document.body.addEventListener("htmx:beforeSwap", () => {
    const row = current();
    place = row && nameOf(row);
  });
  const restore = () => {
    if (!place || current()) return;
    rows()
      .find((one) => nameOf(one) === place)
      ?.classList.add("row-current");
  };
  // At once, so that no key finds no line, and again after settling, which gives lines the classes they came with.
  document.body.addEventListener("htmx:afterSwap", restore);
  document.body.addEventListener("htmx:afterSettle", restore);
}

export function startKeys(): void {
  keepPlace();
  const help = document.querySelector<HTMLDialogElement>("#keys-dialog");
  const showHelp = () => {
    showKeysHere();
    help?.showModal();
  };
  document.querySelector("[data-keys-open]")?.addEventListener("click", showHelp);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (handle(event.key)) event.preventDefault();
  });

  function handle(key: string): boolean {
    if (key === "?") showHelp();
    else if (press(key)) return true;
    else if (key === "/") document.dispatchEvent(new Event("postroad:search"));
    else if (key === "j" && rows().length) walk(1);
    else if (key === "k" && rows().length) walk(-1);
    else if (key === "o" && current()) current()?.querySelector<HTMLElement>("a[href]")?.click();
    else if (key === "x" && current()) current()?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
    else return false;
    return true;
  }
}
