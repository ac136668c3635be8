// How the chat looks: a round button, and the panel it opens. Draws the whole talk anew from the chat when it changes,
// reusing the lines that are there, so that focus and scroll stay where they are.
import type { Chat, Line } from "./chat";
import { filled, icon, linked, make } from "./dom";
import { Rating } from "./rating";
import { Refusal, sleep } from "./server";
import css from "./style.css";

const PAUSE = 600;

type Options = { language: string; alone: boolean };

export class Panel {
  private readonly root: ShadowRoot;
  private isOpen = false;
  private seen = "";
  private dropped = false;
  private files: File[] = [];
  private readonly drawn = new Map<string, { node: HTMLLIElement; as: string }>();
  private shownTalk = false;

  private launcher!: HTMLButtonElement;
  private badge!: HTMLSpanElement;
  private panel!: HTMLElement;
  private body!: HTMLDivElement;
  private log!: HTMLOListElement;
  private status!: HTMLParagraphElement;
  private input!: HTMLTextAreaElement;
  private chosen!: HTMLDivElement;
  private menu!: HTMLDivElement;
  private rating!: Rating;
  private mailInstead!: HTMLElement;

  constructor(
    private readonly host: HTMLElement,
    private readonly chat: Chat,
    private readonly options: Options,
  ) {
    this.root = host.attachShadow({ mode: "open" });
  }

  async begin(): Promise<void> {
    try {
      await this.chat.load();
    } catch (error) {
      if (error instanceof Refusal && error.status === 429) {
        await sleep((error.retryAfter || 30) * 1_000);
        return this.begin();
      }
      if (error instanceof Refusal) console.warn(`Postroad chat: ${error.message || error.status}`);
      if (!this.chat.setup) return; // no button that leads nowhere
    }
    if (!this.chat.setup.live && !this.chat.begun) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.root.adoptedStyleSheets = [sheet];
    this.host.lang = this.options.language === "en" ? "en" : "zh-Hans";
    this.host.style.setProperty("--colour", this.chat.setup.colour);
    this.host.style.setProperty("--on-colour", this.chat.setup.textColour);
    if (this.options.alone) this.host.setAttribute("alone", "");
    this.build();
    this.chat.changed = () => this.draw();
    this.chat.arrived = () => this.draw();
    document.addEventListener("visibilitychange", () => this.draw());
    if (this.options.alone) this.open();
    else if (this.chat.setup.offerAfter && !this.chat.begun) setTimeout(() => this.offer(), this.chat.setup.offerAfter * 1_000);
    this.draw();
  }

  private text(name: string): string {
    return this.chat.setup.texts[name] ?? "";
  }

  private build(): void {
    this.badge = make("span", { class: "badge", hidden: true });
    this.launcher = make(
      "button",
      { class: "launcher", type: "button", "aria-label": this.text("open"), "aria-expanded": "false", click: () => this.toggle() },
      icon("chat"), this.badge,
    );
    this.menu = make("div", { class: "menu", hidden: true });
    this.body = make("div", { class: "body" });
    this.panel = make(
      "section",
      { class: "panel", role: "dialog", "aria-label": this.text("title"), hidden: true, keydown: (event) => this.key(event as KeyboardEvent) },
      make(
        "header", {},
        make("h2", {}, this.text("title")),
        make("button", { type: "button", class: "plain", "data-menu": true, "aria-label": this.text("menu"), "aria-expanded": "false", click: () => this.toggleMenu() }, icon("more")),
        !this.options.alone &&
          make("button", { type: "button", class: "plain", "aria-label": this.text("close"), click: () => this.close() }, icon("close")),
      ),
      this.menu,
      this.body,
    );
    this.root.append(this.panel, this.launcher);
  }

  private toggle(): void {
    if (this.isOpen) this.close();
    else this.open();
  }

  private open(): void {
    this.isOpen = true;
    this.panel.hidden = false;
    this.root.querySelector(".offer")?.remove();
    this.launcher.setAttribute("aria-expanded", "true");
    this.launcher.setAttribute("aria-label", this.text("close"));
    this.draw();
    this.toEnd();
    this.body.querySelector<HTMLElement>("input, textarea")?.focus();
  }

  private close(): void {
    if (this.options.alone) return;
    this.isOpen = false;
    this.panel.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    this.launcher.setAttribute("aria-label", this.text("open"));
    this.launcher.focus();
    this.draw();
  }

  private key(event: KeyboardEvent): void {
    event.stopPropagation(); // the site's own shortcuts are not meant
    if (event.key !== "Escape") return;
    if (!this.menu.hidden) this.toggleMenu();
    else this.close();
  }

  private offer(): void {
    if (this.isOpen || this.dropped || this.chat.begun) return;
    const bubble = make(
      "div", { class: "offer", role: "status" },
      make("button", { type: "button", class: "offered", click: () => this.open() }, this.text("offer")),
      make("button", {
        type: "button", class: "link", click: () => {
          this.dropped = true;
          bubble.remove();
        },
      }, this.text("dismiss")),
    );
    this.root.append(bubble);
  }

  private draw(): void {
    const talking = this.chat.begun && !this.chat.ended;
    const menu = this.root.querySelector<HTMLElement>("[data-menu]");
    if (menu) menu.hidden = !talking;
    if (talking !== this.shownTalk || !this.body.firstChild) {
      this.shownTalk = talking;
      this.drawn.clear();
      this.menu.hidden = true;
      this.body.replaceChildren(...(talking ? this.talk() : this.form()));
      if (this.isOpen) this.body.querySelector<HTMLElement>("textarea, input")?.focus();
    }
    if (talking) this.drawTalk();
    const looking = this.isOpen && !document.hidden;
    if (looking) this.seen = this.chat.lines.filter((line) => line.from === "us").at(-1)?.id ?? this.seen;
    this.chat.saw(looking);
    const unread = this.chat.unread(this.seen);
    this.badge.hidden = unread === 0;
    this.badge.textContent = String(unread);
    this.badge.setAttribute("aria-label", unread ? `${this.text("newMessages")}: ${unread}` : "");
  }

  // --- before the chat --------------------------------------------------------------------------------------

  private form(): Node[] {
    const { attended, opensAt, mailRequired } = this.chat.setup;
    const needsMail = mailRequired || !attended;
    const { offer, refused } = this.chat;
    const notes: Node[] = [make("p", { class: "lead" }, offer ? offer.about : attended ? this.text("greeting") : this.text("away"))];
    if (refused) notes.unshift(make("p", { class: "note" }, refused));
    if (this.chat.ended) notes.unshift(make("p", { class: "note" }, this.text("ended")));
    if (!attended && opensAt) notes.push(make("p", { class: "note" }, filled(this.text("opens"), { time: this.when(opensAt) })));
    if (attended) notes.push(make("p", { class: "note" }, this.waiting()));
    const error = make("p", { class: "error", role: "alert" });
    const helps = make("div", { class: "helps", role: "status" });
    const question = make("textarea", { name: "question", rows: 3, maxlength: 8000, required: true, input: () => this.help(question, helps) });
    const form = make(
      "form", { novalidate: true, submit: (event) => void this.submit(event, form, error) },
      ...notes,
      !offer?.known.name && this.field("name", this.text("name"), make("input", { name: "name", autocomplete: "name", maxlength: 80, required: true })),
      !offer?.known.mail && this.field(
        "mail", this.text("mail") + (needsMail ? "" : ` (${this.text("optional")})`),
        make("input", { name: "mail", type: "email", autocomplete: "email", maxlength: 254, required: needsMail }),
      ),
      this.field("question", this.text("question"), question),
      helps,
      make("label", { class: "agree" }, make("input", { type: "checkbox", name: "agreed" }), make("span", {}, this.text("consent"))),
      make("p", { class: "error", "data-error": "agreed" }),
      error,
      make("button", { class: "primary" }, attended ? this.text("start") : this.text("leaveQuestion")),
    );
    return [make("div", { class: "scroll" }, form)];
  }

  // Once the writer pauses; what comes too late for what stands there by then is dropped.
  private help(question: HTMLTextAreaElement, place: HTMLElement): void {
    const asked = question.value;
    setTimeout(async () => {
      if (question.value !== asked) return;
      const found = asked.trim() ? await this.chat.help(asked) : [];
      if (question.value !== asked) return;
      const links = found.map((one) => make("li", {}, make("a", { href: one.url, target: "_blank", rel: "noopener" }, one.title)));
      place.replaceChildren(...(links.length ? [make("p", { class: "note" }, this.text("helps")), make("ul", {}, ...links)] : []));
    }, PAUSE);
  }

  private field(name: string, label: string, control: HTMLElement): HTMLElement {
    const problem = make("span", { class: "error", "data-error": name, id: `error-${name}` });
    control.setAttribute("aria-describedby", problem.id);
    return make("label", { class: "field" }, make("span", {}, label), control, problem);
  }

  private async submit(event: Event, form: HTMLFormElement, error: HTMLElement): Promise<void> {
    event.preventDefault();
    const given = new FormData(form);
    const text = (name: string) => String(given.get(name) ?? "").trim();
    const button = form.querySelector("button")!;
    for (const place of form.querySelectorAll<HTMLElement>("[data-error]")) place.textContent = "";
    error.textContent = "";
    const question = form.querySelector<HTMLTextAreaElement>("[name=question]")!;
    if (!text("question")) {
      question.focus();
      form.querySelector<HTMLElement>("[data-error=question]")!.textContent = this.text("message");
      return;
    }
    button.disabled = true;
    try {
      await this.chat.start({ name: text("name"), mail: text("mail"), agreed: given.get("agreed") !== null }, text("question"));
    } catch (refusal) {
      const fields = refusal instanceof Refusal ? refusal.fields : {};
      for (const [name, message] of Object.entries(fields)) {
        const place = form.querySelector<HTMLElement>(`[data-error="${CSS.escape(name)}"]`) ?? error;
        place.textContent = message;
      }
      const first = Object.keys(fields)[0];
      if (first) form.querySelector<HTMLElement>(`[name="${CSS.escape(first)}"]`)?.focus();
      else error.textContent = (refusal instanceof Refusal && refusal.message) || this.text("failed");
    } finally {
      button.disabled = false;
    }
  }

  private waiting(): string {
    const minutes = this.chat.setup.waitMinutes;
    return minutes === null ? this.text("waitUnknown") : filled(this.text("wait"), { minutes });
  }

  private when(time: string): string {
    return new Date(time).toLocaleString(this.options.language === "en" ? "en-GB" : "zh-CN", {
      weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
    });
  }

  // --- the talk ---------------------------------------------------------------------------------------------

  private talk(): Node[] {
    this.log = make("ol", { class: "log", "aria-live": "polite", "aria-label": this.text("title"), tabindex: "0" });
    this.status = make("p", { class: "status", role: "status" });
    this.chosen = make("div", { class: "chosen" });
    this.input = make("textarea", {
      rows: 1, maxlength: 8000, "aria-label": this.text("message"), placeholder: this.text("message"),
      input: () => {
        this.grow();
        if (this.input.value.trim()) this.chat.types();
      },
      keydown: (event) => {
        const key = event as KeyboardEvent;
        if (key.key !== "Enter" || key.shiftKey || key.isComposing) return;
        key.preventDefault();
        this.send();
      },
    });
    const picker = make("input", {
      type: "file", multiple: true, class: "hidden", tabindex: "-1", "aria-hidden": "true",
      change: () => {
        this.files = [...this.files, ...(picker.files ?? [])].slice(0, 5);
        picker.value = "";
        this.drawFiles();
      },
    });
    this.rating = new Rating(this.chat.server);
    this.mailInstead = make("div", { class: "rating", role: "group", hidden: true }, make("p", { class: "ask" }, this.text("mailInstead")), this.mailForm(() => undefined));
    return [
      this.log, this.status, this.mailInstead, this.rating.node, this.chosen,
      make(
        "form", { class: "say", submit: (event) => (event.preventDefault(), this.send()) },
        picker,
        make("button", { type: "button", class: "plain", "aria-label": this.text("attach"), click: () => picker.click() }, icon("clip")),
        this.input,
        make("button", { class: "plain go", "aria-label": this.text("send") }, icon("send")),
      ),
    ];
  }

  private send(): void {
    const text = this.input.value.trim();
    if (!text && this.files.length === 0) return;
    this.chat.say(text, this.files);
    this.files = [];
    this.input.value = "";
    this.grow();
    this.drawFiles();
    this.toEnd();
    this.input.focus();
  }

  private grow(): void {
    this.input.rows = Math.min(5, this.input.value.split("\n").length);
  }

  private drawFiles(): void {
    this.chosen.replaceChildren(...this.files.map((file, at) =>
      make("span", { class: "file" }, icon("file"), file.name, make("button", {
        type: "button", class: "plain", "aria-label": `${this.text("drop")}: ${file.name}`, click: () => {
          this.files.splice(at, 1);
          this.drawFiles();
        },
      }, icon("close"))),
    ));
  }

  private drawTalk(): void {
    const log = this.log;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    const before = log.childElementCount;
    this.chat.lines.forEach((line, at) => {
      const key = line.client || line.id;
      const as = JSON.stringify([line.id, line.unsent, line.why, this.isRead(line)]);
      let drawn = this.drawn.get(key);
      if (!drawn || drawn.as !== as) {
        const node = this.line(line);
        drawn?.node.replaceWith(node);
        drawn = { node, as };
        this.drawn.set(key, drawn);
      }
      if (log.children[at] !== drawn.node) log.insertBefore(drawn.node, log.children[at] ?? null);
    });
    this.rating.draw(this.chat.state);
    const { typing, place, present, left, offersMail } = this.chat.state;
    this.mailInstead.hidden = !offersMail || left || this.chat.answered;
    this.status.textContent = !this.chat.connected
      ? this.text("offline")
      : left
        ? this.text("left")
        : typing
          ? filled(this.text("typing"), { name: typing })
          : this.chat.answered
            ? ""
            : [present ? "" : this.text("nobody"), this.turn(place, present)].filter(Boolean).join(" ");
    if (atEnd || log.childElementCount !== before) this.toEnd();
  }

  private turn(place: number, present: boolean): string {
    if (!place || !present) return "";
    const turn = place === 1 ? this.text("next") : filled(this.text("place"), { place });
    return `${turn} ${this.waiting()}`;
  }

  private isRead(line: Line): boolean {
    return line.from === "visitor" && line.id !== "" && line.id <= this.chat.state.read;
  }

  private line(line: Line): HTMLLIElement {
    const ours = line.from === "us";
    const time = new Date(line.at).toLocaleTimeString(this.options.language === "en" ? "en-GB" : "zh-CN", { hour: "2-digit", minute: "2-digit" });
    const state = line.unsent === "sending" ? this.text("sending") : this.isRead(line) ? this.text("read") : this.text("sent");
    return make(
      "li", { class: `line ${line.from}` },
      make("span", { class: ours ? "who" : "hidden" }, ours ? line.name : this.text("you")),
      line.text !== "" && make("div", { class: "text" }, ...linked(line.text)),
      ...line.files.map((file) =>
        make("button", { type: "button", class: "file", disabled: !file.id, "aria-label": `${this.text("download")}: ${file.name}`, click: () => void this.chat.save(file).catch(() => undefined) }, icon("file"), file.name),
      ),
      line.unsent === "failed"
        ? make("button", { type: "button", class: "link error", click: () => this.chat.again(line) }, `${line.why ?? ""} ${this.text("unsent")}`.trim())
        : make("span", { class: "when" }, ours ? time : `${time} · ${state}`),
    );
  }

  private toEnd(): void {
    if (this.log?.isConnected) this.log.scrollTop = this.log.scrollHeight;
  }

  // --- going on elsewhere -----------------------------------------------------------------------------------

  private toggleMenu(): void {
    const button = this.root.querySelector<HTMLElement>("[data-menu]")!;
    this.menu.hidden = !this.menu.hidden;
    button.setAttribute("aria-expanded", String(!this.menu.hidden));
    if (this.menu.hidden) {
      button.focus();
      return;
    }
    this.menu.replaceChildren(
      make("button", { type: "button", class: "link", click: () => void this.showLink() }, this.text("device")),
      this.mailForm(() => this.toggleMenu()),
      make("button", { type: "button", class: "link", click: () => this.chat.forget() }, this.text("fresh")),
    );
    this.menu.querySelector("button")?.focus();
  }

  private async showLink(): Promise<void> {
    const note = make("p", { class: "note", role: "status" }, this.text("deviceHelp"));
    try {
      const link = await this.chat.link();
      const shown = make("input", { readonly: true, "aria-label": this.text("device"), value: link });
      const copy = make("button", {
        type: "button", class: "primary", click: () => {
          shown.select();
          void navigator.clipboard?.writeText(link).then(() => (copy.textContent = this.text("copied")));
        },
      }, this.text("copy"));
      this.menu.replaceChildren(note, shown, copy);
      shown.select();
    } catch (refusal) {
      note.textContent = (refusal instanceof Refusal && refusal.message) || this.text("failed");
      this.menu.append(note);
    }
  }

  private mailForm(done: () => void): HTMLElement {
    const error = make("p", { class: "error", role: "alert" });
    const mail = make("input", { type: "email", name: "mail", autocomplete: "email", maxlength: 254 });
    return make(
      "form", {
        novalidate: true, submit: (event) => {
          event.preventDefault();
          this.chat.leave(mail.value).then(
            done,
            (refusal: unknown) => (error.textContent = (refusal instanceof Refusal && refusal.message) || this.text("failed")),
          );
        },
      },
      make("label", { class: "field" }, make("span", {}, `${this.text("mail")} (${this.text("leaveHelp")})`), mail),
      error,
      make("button", { class: "primary" }, this.text("leave")),
    );
  }
}
