// Forms: send on change, send only once, filters that keep the address in step, Ctrl-Enter, errors brought into view.
import htmx from "htmx.org";

export function startForms(): void {
  document.addEventListener("change", (event) => {
    (event.target as Element).closest<HTMLFormElement>("form[data-submit-on-change]")?.requestSubmit();
  });

  // The second click on “send” must not send twice; coming back to the page makes it ready again.
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method !== "post" || form.dataset.download !== undefined) return;
    if (form.dataset.sending !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "";
    form.setAttribute("aria-busy", "true");
  });
  const ready = (form: Element) => {
    form.removeAttribute("data-sending");
    form.removeAttribute("aria-busy");
  };
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(ready));
  document.body.addEventListener("htmx:afterRequest", (event) => ready(event.target as Element));

  // A filter form asks for the results only; its choice goes into the address, to be kept, shared and reloaded.
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-filters]");
    if (!form) return;
    const chosen = [...new FormData(form)].filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "");
    const query = new URLSearchParams(chosen).toString();
    history.replaceState(history.state, "", query ? `?${query}` : location.pathname);
  });

  // While a choice is on its way, a live renewal of the same list by the old choice must not overtake it.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target } = (event as CustomEvent).detail as { elt: Element; target: Element };
    if (elt.closest("form[data-filters]")) {
      htmx.trigger(target, "htmx:abort", {});
      target.setAttribute("data-filtering", "");
    } else if (elt.hasAttribute("data-filtering")) {
      event.preventDefault();
    }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, target } = (event as CustomEvent).detail as { elt: Element; target: Element };
    if (elt.closest("form[data-filters]")) target.removeAttribute("data-filtering");
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    (event.target as HTMLElement).closest("form")?.requestSubmit();
  });

  document.querySelector<HTMLElement>("[data-form-errors]")?.focus();

  const print = document.querySelector<HTMLButtonElement>("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  const back = document.querySelector<HTMLButtonElement>("[data-back]");
  if (back && history.length > 1) {
    back.hidden = false;
    back.addEventListener("click", () => history.back());
  }
}
