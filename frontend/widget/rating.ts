// The question how satisfied the visitor was, in its place below the talk: five buttons, words if they like, and it can
// be changed. Its words are fetched only when it is asked.
import { make } from "./dom";
import { Refusal, type Server, type State } from "./server";

type Words = { question: string; scale: string; words: string; send: string; thanks: string; change: string; failed: string };

export class Rating {
  readonly node = make("div", { class: "rating", hidden: true, role: "group" });
  private words?: Words;
  private shown = "";
  private chosen = 0;

  constructor(private readonly server: Server) {}

  draw(state: State): void {
    const as = state.asks ? `${state.rated ?? 0}` : "";
    if (as === this.shown) return;
    this.shown = as;
    this.node.hidden = !as;
    if (as) void this.fill(state.rated ?? 0);
    else this.words = undefined;
  }

  private async fill(rated: number): Promise<void> {
    this.words ??= await this.server.ask<Words>("rating/").catch(() => undefined);
    if (!this.words?.question) {
      this.node.hidden = true;
      return;
    }
    this.chosen = rated;
    if (rated) this.thank();
    else this.ask();
  }

  private ask(): void {
    const words = this.words!;
    const error = make("p", { class: "error", role: "alert" });
    const note = make("textarea", { rows: 2, maxlength: 2000, "aria-label": words.words, placeholder: words.words });
    const more = make("div", { class: "more", hidden: this.chosen === 0 }, note, make("button", { class: "primary", type: "button", click: () => void this.send(note.value, error) }, words.send));
    const scores = [1, 2, 3, 4, 5].map((score) =>
      make("button", {
        type: "button", class: "score", "aria-pressed": String(score === this.chosen), click: (event) => {
          this.chosen = score;
          for (const one of scores) one.setAttribute("aria-pressed", String(one === event.currentTarget));
          more.hidden = false;
        },
      }, String(score)),
    );
    this.node.setAttribute("aria-label", words.question);
    this.node.replaceChildren(make("p", { class: "ask" }, words.question), make("div", { class: "scores", role: "group", "aria-label": words.scale }, ...scores), make("p", { class: "note" }, words.scale), more, error);
  }

  private async send(words: string, error: HTMLElement): Promise<void> {
    try {
      await this.server.ask("rating/", { score: this.chosen, words });
      this.shown = String(this.chosen);
      this.thank();
    } catch (refusal) {
      error.textContent = (refusal instanceof Refusal && refusal.message) || this.words!.failed;
    }
  }

  private thank(): void {
    const words = this.words!;
    this.node.replaceChildren(
      make("p", { role: "status" }, `${words.thanks} ${this.chosen}/5`),
      make("button", { type: "button", class: "link", click: () => this.ask() }, words.change),
    );
  }
}
