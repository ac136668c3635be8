// A live chat on a case's page: Enter sends, the visitor sees that one writes, the newest line stays in sight, marks of
// reading move on, canned answers go into the reply. Without scripts the form sends like any other.

const TYPES_EVERY = 3_000;
let typed = 0;
let wasAtEnd = true;

function token(): string {
  return (JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>)["X-CSRFToken"] ?? "";
}

function thread(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".thread-chat");
}

function toEnd(): void {
  const lines = thread();
  if (lines) lines.scrollTop = lines.scrollHeight;
}

function atEnd(): boolean {
  const lines = thread();
  return !lines || lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
}

function mark(): void {
  const { read = "", delivered = "", readWord = "", deliveredWord = "" } = document.getElementById("chat-state")?.dataset ?? {};
  for (const line of document.querySelectorAll<HTMLElement>(".chat-out")) {
    const id = line.id.replace("message-", "");
    const word = id <= read ? readWord : id <= delivered ? deliveredWord : "";
    const place = line.querySelector(".chat-mark");
    if (word && place && place.textContent !== word) place.textContent = word;
  }
}

function tellOfTyping(area: HTMLTextAreaElement): void {
  if (!area.dataset.typing || !area.value.trim() || Date.now() - typed < TYPES_EVERY) return;
  typed = Date.now();
  fetch(area.dataset.typing, { method: "POST", headers: { "X-CSRFToken": token() } }).catch(() => undefined);
}

function put(area: HTMLTextAreaElement, text: string): void {
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

export function startChat(): void {
  document.addEventListener("keydown", (event) => {
    const area = event.target as HTMLElement;
    if (!area.matches("form[data-chat] textarea") || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    (area as HTMLTextAreaElement).form?.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if ((event.target as HTMLElement).matches("textarea[data-typing]")) tellOfTyping(event.target as HTMLTextAreaElement);
  });
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLInputElement & HTMLSelectElement;
    if (field.matches("select[data-canned]")) {
      const area = document.getElementById(field.dataset.canned ?? "") as HTMLTextAreaElement | null;
      if (area && field.value) put(area, field.value);
      field.value = "";
    }
    if (field.matches("input[data-names]")) {
      const place = document.getElementById(field.dataset.names ?? "");
      if (place) place.textContent = [...(field.files ?? [])].map((file) => file.name).join(", ");
    }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = (event as CustomEvent<{ elt: HTMLElement; successful: boolean }>).detail.elt;
    if (!form.matches("form[data-chat]") || !(event as CustomEvent<{ successful: boolean }>).detail.successful) return;
    (form as HTMLFormElement).reset();
    for (const area of form.querySelectorAll("textarea")) area.value = "";
    const names = document.getElementById("chat-files");
    if (names) names.textContent = "";
    form.querySelector("textarea")?.focus();
  });
  document.body.addEventListener("htmx:oobBeforeSwap", () => (wasAtEnd = atEnd()));
  document.body.addEventListener("htmx:afterSettle", () => {
    if (wasAtEnd) toEnd();
    mark();
  });
  toEnd();
}
