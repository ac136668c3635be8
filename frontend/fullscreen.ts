// [data-fullscreen="#part"] shows that part of the page alone, on the whole screen; once more brings the page back.
export function startFullscreen(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-fullscreen]")) {
    const part = document.querySelector(button.dataset.fullscreen ?? "");
    if (!part || !document.fullscreenEnabled) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      void (document.fullscreenElement ? document.exitFullscreen() : part.requestFullscreen());
    });
  }
}
