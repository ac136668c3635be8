// The shell's script: everything here enhances pages that already work without it.
import "bootstrap/js/dist/alert";
import "bootstrap/js/dist/collapse";
import "bootstrap/js/dist/dropdown";
import "bootstrap/js/dist/modal";
import "bootstrap/js/dist/offcanvas";
import "bootstrap/js/dist/tab";
import "htmx.org";

import { startConfirmations } from "./confirm";
import { startCountdowns, tickAll } from "./countdown";
import { startDraftHousekeeping, startDrafts } from "./drafts";
import { keepFocus } from "./focus";
import { startForms } from "./forms";
import { startFullscreen } from "./fullscreen";
import { startKeys } from "./keys";
import { startLive } from "./live";
import { startPress } from "./press";
import { startSearch } from "./search";
import { startRequestWarnings, startToasts } from "./toasts";

function startThemeSwitch(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-switch]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
      document.documentElement.dataset.bsTheme = theme;
      localStorage.setItem("theme", theme);
      document.dispatchEvent(new Event("postroad:theme"));
    });
  }
}

startPress(); // before everything else that follows renewals
startConfirmations();
startDraftHousekeeping();
startDrafts(document);
startForms();
startCountdowns();
startToasts(document);
startRequestWarnings();
startThemeSwitch();
startSearch();
startKeys();
keepFocus();
startFullscreen();
startLive();

document.body.addEventListener("htmx:load", (event) => {
  startToasts(document);
  startDrafts(event.target as HTMLElement);
  tickAll();
});
