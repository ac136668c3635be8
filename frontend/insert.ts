// Puts the text of an article into the reply, where the cursor is; that it was used is told by the form itself.
export function startInserting(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-insert]");
    const area = document.getElementById(button?.dataset.insertInto ?? "") as HTMLTextAreaElement | null;
    if (!button || !area) return;
    const before = area.value.slice(0, area.selectionStart);
    const gap = before && !before.endsWith("\n") ? "\n\n" : "";
    area.setRangeText(`${gap}${button.dataset.insert ?? ""}`, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
