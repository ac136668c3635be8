// data-confirm="question" on a form, a submit button or a link asks first; so does hx-confirm.
import { text } from "./texts";

function ask(question: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "confirm-dialog";
  const words = document.createElement("p");
  words.textContent = question || text("confirm");
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "btn-list justify-content-end";
  form.append(button(text("cancel"), "no", "btn"), button(text("proceed"), "yes", "btn btn-primary"));
  dialog.append(words, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function button(label: string, value: string, className: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.textContent = label;
  element.value = value;
  element.className = className;
  return element;
}

export function startConfirmations(): void {
  const agreed = new WeakSet<Element>();

  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const submitter = (event as SubmitEvent).submitter;
    const asking = submitter?.closest<HTMLElement>("[data-confirm]") ?? form.closest<HTMLElement>("form[data-confirm]");
    if (!asking || agreed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void ask(asking.dataset.confirm ?? "").then((yes) => {
      if (!yes) return;
      agreed.add(form);
      form.requestSubmit(submitter as HTMLButtonElement | null);
    });
  }, { capture: true });

  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-confirm]");
    if (!link) return;
    event.preventDefault();
    void ask(link.dataset.confirm ?? "").then((yes) => yes && location.assign(link.href));
  });

  document.body.addEventListener("htmx:confirm", (event) => {
    const { question, issueRequest } = (event as CustomEvent).detail;
    if (!question) return;
    event.preventDefault();
    void ask(question).then((yes) => yes && issueRequest(true));
  });
}
