// form[data-draft="name"]: what is typed is kept in this browser until it was really sent, and leaving the page asks.
// A draft comes back when the form is opened again; it goes when it was sent, discarded, a week old, or on sign-out.
import { text } from "./texts";

const PREFIX = "draft:";
const SENT = "draft-sent";
const KEPT = 7 * 86400_000;

type Draft = { at: number; values: [string, string][] };

function keyOf(form: HTMLFormElement): string {
  return `${PREFIX}${location.pathname}:${form.dataset.draft}`;
}

function valuesOf(form: HTMLFormElement): [string, string][] {
  const values: [string, string][] = [];
  for (const field of fieldsOf(form)) {
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      if (field.checked) values.push([field.name, field.value]);
    } else if (field instanceof HTMLSelectElement) {
      for (const option of field.selectedOptions) values.push([field.name, option.value]);
    } else {
      values.push([field.name, field.value]);
    }
  }
  return values;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function fieldsOf(form: HTMLFormElement): Field[] {
  const skipped = ["hidden", "password", "file", "submit", "button"];
  return [...form.elements].filter(
    (element): element is Field =>
      (element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) &&
      element.name !== "" && !skipped.includes(element.type),
  );
}

function fill(form: HTMLFormElement, values: [string, string][]): void {
  const has = (name: string, value: string) => values.some(([n, v]) => n === name && v === value);
  for (const field of fieldsOf(form)) {
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      field.checked = has(field.name, field.value);
    } else if (field instanceof HTMLSelectElement) {
      for (const option of field.options) option.selected = has(field.name, option.value);
    } else {
      const value = values.find(([name]) => name === field.name);
      if (value) field.value = value[1];
    }
  }
}

function read(key: string): Draft | undefined {
  const kept = localStorage.getItem(key);
  if (!kept) return undefined;
  const draft = JSON.parse(kept) as Draft;
  return Date.now() - draft.at < KEPT ? draft : undefined;
}

function announce(form: HTMLFormElement, original: [string, string][]): void {
  const note = document.createElement("div");
  note.className = "alert alert-info draft-note";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = text("draft");
  const discard = document.createElement("button");
  discard.type = "button";
  discard.className = "btn btn-sm";
  discard.textContent = text("discard");
  discard.addEventListener("click", () => {
    fill(form, original);
    localStorage.removeItem(keyOf(form));
    note.remove();
  });
  note.append(words, discard);
  form.prepend(note);
}

function keep(form: HTMLFormElement): void {
  const original = valuesOf(form);
  const key = keyOf(form);
  const draft = read(key);
  const failed = form.querySelector("[data-form-errors], .is-invalid");
  if (draft && !failed && JSON.stringify(draft.values) !== JSON.stringify(original)) {
    fill(form, draft.values);
    announce(form, original);
  }
  form.addEventListener("input", () => {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values: valuesOf(form) } satisfies Draft));
    form.dataset.dirty = "";
  });
  form.addEventListener("submit", () => {
    delete form.dataset.dirty;
    sessionStorage.setItem(SENT, key);
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if ((event as CustomEvent).detail.successful) localStorage.removeItem(key);
  });
}

// The page after a send tells whether it arrived: an error page or the same form with errors keeps the draft.
function forgetSent(): void {
  const key = sessionStorage.getItem(SENT);
  if (!key) return;
  sessionStorage.removeItem(SENT);
  if (!document.querySelector("[data-error-page], [data-form-errors]")) localStorage.removeItem(key);
}

function forgetAll(olderThan: number): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && Date.now() - (JSON.parse(localStorage.getItem(key) ?? "{}") as Draft).at >= olderThan) localStorage.removeItem(key);
  }
}

export function startDrafts(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-draft]:not([data-kept])")) {
    form.dataset.kept = "";
    keep(form);
  }
}

export function startDraftHousekeeping(): void {
  forgetSent();
  forgetAll(KEPT);
  addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-draft][data-dirty]")) event.preventDefault();
  });
  document.querySelector("form[data-sign-out]")?.addEventListener("submit", () => forgetAll(0));
}
