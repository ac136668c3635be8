// The search box: Ctrl-K or “/” opens it anywhere; arrows choose, Enter opens, all without leaving the field.

export function startSearch(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#search-dialog");
  const input = dialog?.querySelector<HTMLInputElement>("input[type=search]");
  const hits = dialog?.querySelector<HTMLElement>("#search-hits");
  if (!dialog || !input || !hits) return;

  const open = () => {
    if (!dialog.open) dialog.showModal();
    input.select();
  };
  const options = () => [...hits.querySelectorAll<HTMLAnchorElement>("[role=option]")];
  const chosen = () => hits.querySelector<HTMLAnchorElement>("[aria-selected=true]");

  const choose = (option: HTMLAnchorElement | undefined) => {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const move = (step: number) => {
    const all = options();
    const at = all.indexOf(chosen() as HTMLAnchorElement);
    choose(all[(at + step + all.length) % all.length]);
  };

  for (const opener of document.querySelectorAll("[data-search-open]")) {
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      open();
    });
  }
  dialog.querySelector("[data-search-close]")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  hits.addEventListener("htmx:afterSettle", () => {
    input.setAttribute("aria-expanded", String(options().length > 0));
    choose(options()[0]);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.isComposing && chosen()) {
      event.preventDefault();
      chosen()?.click();
    } else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault(); // Chromium would empty the box first and close at the second press
      dialog.close();
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("postroad:search", open);
}
