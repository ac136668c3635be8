// The desk's own touches: marked lines and open folds outlive a renewal, new lines are shown, replies grow while one
// writes, and names are put into notes. Everything works without them.
import { startChat } from "./deskchat";
import { startInserting } from "./insert";
import { startWorkplace } from "./desklist";

const marked = new Set<string>();
let known: Set<string> | undefined;
let renewing = false;
const unfolded = new Set<string>();

function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("[data-bulk] input[name=case]")];
}

function showBulk(): void {
  const bar = document.querySelector<HTMLElement>("[data-bulk-bar]");
  if (!bar) return;
  const count = boxes().filter((box) => box.checked).length;
  bar.hidden = count === 0;
  const shown = bar.querySelector("[data-bulk-count]");
  if (shown) shown.textContent = String(count);
  const all = document.querySelector<HTMLInputElement>("[data-mark-all]");
  if (all) all.checked = count > 0 && count === boxes().length;
}

function numbers(): Set<string> {
  return new Set([...document.querySelectorAll<HTMLElement>("[data-row]")].map((row) => row.dataset.row ?? ""));
}

function remember(): void {
  renewing = true;
  marked.clear();
  for (const box of boxes()) if (box.checked) marked.add(box.value);
  known = numbers();
}

// At once, so that no key comes in between. Only after the list itself: other parts of the page renew themselves, too,
// and do not touch what is marked.
function restoreMarks(): void {
  if (renewing) for (const box of boxes()) box.checked = marked.has(box.value);
  renewing = false;
}

function restore(): void {
  for (const row of document.querySelectorAll<HTMLElement>("[data-row]")) {
    if (known && !known.has(row.dataset.row ?? "")) row.classList.add("desk-new");
  }
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  showBulk();
}

function grow(area: HTMLTextAreaElement): void {
  area.rows = Math.min(24, Math.max(7, area.value.split("\n").length + 1));
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if ((event.target as HTMLElement).id === "results") remember();
});
document.body.addEventListener("htmx:afterSwap", restoreMarks);
document.body.addEventListener("htmx:afterSettle", restore);
document.addEventListener(
  "toggle",
  (event) => {
    const fold = event.target as HTMLDetailsElement;
    if (!fold.id) return;
    if (fold.open) unfolded.add(fold.id);
    else if (fold.isConnected) unfolded.delete(fold.id);
  },
  { capture: true },
);
document.addEventListener("change", (event) => {
  const target = event.target as HTMLInputElement;
  if (target.matches("[data-mark-all]")) for (const box of boxes()) box.checked = target.checked;
  if (target.matches("[data-mark-all], [data-bulk] input[name=case]")) showBulk();
});
document.addEventListener("input", (event) => {
  if ((event.target as HTMLElement).matches("textarea[data-grows]")) grow(event.target as HTMLTextAreaElement);
});
document.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  const mention = target.closest<HTMLElement>("[data-mention]");
  if (mention) {
    const area = document.getElementById(mention.dataset.into ?? "") as HTMLTextAreaElement | null;
    area?.setRangeText(mention.dataset.mention ?? "", area.selectionStart, area.selectionEnd, "end");
    area?.focus();
    area?.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const emptier = target.closest<HTMLElement>("[data-empty]");
  if (emptier) document.getElementById(emptier.dataset.empty ?? "")?.replaceChildren();
  const opener = target.closest<HTMLElement>("[data-open]");
  if (opener) document.getElementById(opener.dataset.open ?? "")?.setAttribute("open", "");
  if (target.closest('a[href="#reply"]')) {
    event.preventDefault();
    document.getElementById("id_text")?.focus();
  }
});

startChat();
startInserting();
startWorkplace(showBulk);
for (const area of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-grows]")) grow(area);
for (const fold of document.querySelectorAll<HTMLDetailsElement>("details[id][open]")) unfolded.add(fold.id);
showBulk();
