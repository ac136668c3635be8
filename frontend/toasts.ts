// Messages at the edge of the page: good news leaves by itself unless somebody is reading it, trouble stays.
import { text } from "./texts";

function leaveAfter(toast: HTMLElement, seconds: number): void {
  let timer = 0;
  const start = () => (timer = window.setTimeout(() => toast.remove(), seconds * 1000));
  const stop = () => clearTimeout(timer);
  toast.addEventListener("mouseenter", stop);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("mouseleave", start);
  toast.addEventListener("focusout", start);
  start();
}

export function startToasts(root: ParentNode): void {
  for (const toast of root.querySelectorAll<HTMLElement>("[data-toast]:not([data-started])")) {
    toast.dataset.started = "";
    toast.querySelector("[data-toast-close]")?.addEventListener("click", () => toast.remove());
    if (toast.dataset.dismissAfter) leaveAfter(toast, Number(toast.dataset.dismissAfter));
  }
}

export function warn(message: string): void {
  const toast = document.createElement("div");
  toast.className = "toast show";
  toast.dataset.toast = "";
  toast.setAttribute("role", "alert");
  const body = document.createElement("div");
  body.className = "toast-body";
  const words = document.createElement("span");
  words.className = "toast-text text-danger";
  words.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", text("close"));
  body.append(words, close);
  toast.append(body);
  document.getElementById("messages")?.append(toast);
  startToasts(document);
}

export function startRequestWarnings(): void {
  document.body.addEventListener("htmx:responseError", () => warn(text("failed")));
  document.body.addEventListener("htmx:sendError", () => warn(text("offline")));
}
