// One visitor's chat: what was said, what is still to be sent, how far it has been read. Knows nothing of looks.
import { Refusal, Server, sleep, type Help, type Offer, type Said, type Setup, type State } from "./server";

export type Line = Said & { unsent?: "sending" | "failed"; why?: string; attached?: File[] };

const LINK = /^#postroad-chat=([A-Za-z0-9:_-]+)$/;
const OFFER = /^#postroad-offer=([A-Za-z0-9-]+)$/;

export class Chat {
  setup!: Setup;
  lines: Line[] = [];
  state: State = { typing: "", read: "", left: false, place: 0, present: true };
  connected = true;
  ended = false;
  offer?: Offer;
  refused = "";
  changed: () => void = () => undefined;
  arrived: (said: Said) => void = () => undefined;
  private sending = false;
  private told = { delivered: "", read: "" };
  private typed = 0;
  private readonly store: string;

  constructor(
    readonly server: Server,
    key: string,
    private readonly identity: string,
  ) {
    this.store = `postroad-chat:${key}`;
  }

  get begun(): boolean {
    return this.server.token !== "";
  }

  get answered(): boolean {
    return this.lines.some((line) => line.from === "us");
  }

  async load(): Promise<void> {
    this.setup = await this.server.ask<Setup>("setup/");
    const link = LINK.exec(location.hash)?.[1];
    if (link) {
      history.replaceState(history.state, "", location.pathname + location.search);
      try {
        const { token } = await this.server.ask<{ token: string }>("resume/", { link });
        // The visitor agreed in another browser: here it is kept only as long as this tab.
        this.enter(token, sessionStorage);
        return;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
    if (await this.openOffer()) return;
    const token = keep(() => sessionStorage.getItem(this.store) ?? localStorage.getItem(this.store));
    if (token) this.enter(token);
  }

  // What may answer a question that is still being written; a help that does not come is none.
  async help(question: string): Promise<Help[]> {
    return this.server.ask<{ articles: Help[] }>("help/", { question }).then(({ articles }) => articles, () => []);
  }

  async start(given: { name: string; mail: string; agreed: boolean }, question: string): Promise<void> {
    const about = { ...given, identity: this.identity, page: location.origin + location.pathname };
    const offer = this.offer && OFFER.exec(location.hash)?.[1];
    const { token } = await this.server.ask<{ token: string }>("start/", { ...about, offer });
    if (offer) history.replaceState(history.state, "", location.pathname + location.search);
    this.enter(token, localStorage);
    this.say(question, []);
  }

  // A link that offers this chat: it stays in the address until the visitor has agreed, as nothing is stored before.
  private async openOffer(): Promise<boolean> {
    const offer = OFFER.exec(location.hash)?.[1];
    if (!offer) return false;
    try {
      this.offer = await this.server.ask<Offer>("offer/", { offer });
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 429) throw error;
      this.refused = error.message;
      return false;
    }
    if (this.offer.token) this.enter(this.offer.token, sessionStorage);
    return true;
  }

  // Files go with the message; a text alone outlives a reload until it has arrived.
  say(text: string, attached: File[]): void {
    const line: Line = {
      id: "", at: new Date().toISOString(), from: "visitor", name: "", text, client: crypto.randomUUID(),
      files: attached.map((file) => ({ id: "", name: file.name, size: file.size })), unsent: "sending", attached,
    };
    this.lines.push(line);
    this.keepUnsent();
    this.changed();
    void this.sendAll();
  }

  again(line: Line): void {
    line.unsent = "sending";
    this.changed();
    void this.sendAll();
  }

  types(): void {
    if (!this.begun || Date.now() - this.typed < 3_000) return;
    this.typed = Date.now();
    this.server.ask("typing/", {}).catch(() => undefined);
  }

  // What has arrived, and (while the visitor looks) what was read.
  saw(looking: boolean): void {
    const newest = this.lines.filter((line) => line.from === "us").at(-1)?.id ?? "";
    const read = looking ? newest : this.told.read;
    if (!newest || (newest === this.told.delivered && read === this.told.read)) return;
    this.told = { delivered: newest, read };
    this.server.ask("seen/", this.told).catch(() => undefined);
  }

  unread(since: string): number {
    return this.lines.filter((line) => line.from === "us" && line.id > since).length;
  }

  async link(): Promise<string> {
    const { link } = await this.server.ask<{ link: string }>("link/", {});
    const here = location.origin + location.pathname + location.search;
    return `${here}#postroad-chat=${link}`;
  }

  async leave(mail: string): Promise<void> {
    await this.server.ask("leave/", { mail });
    this.state = { ...this.state, left: true };
    this.changed();
  }

  async save(file: { id: string; name: string }): Promise<void> {
    const address = URL.createObjectURL(await this.server.file(file.id));
    const anchor = document.createElement("a");
    anchor.href = address;
    anchor.download = file.name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  forget(): void {
    this.server.stop();
    this.server.token = this.server.position = "";
    this.lines = [];
    this.offer = undefined;
    this.ended = false;
    this.told = { delivered: "", read: "" };
    keep(() => {
      for (const storage of [localStorage, sessionStorage]) {
        storage.removeItem(this.store);
        storage.removeItem(`${this.store}:unsent`);
      }
    });
    this.changed();
  }

  private enter(token: string, storage?: Storage): void {
    this.server.token = token;
    if (storage) keep(() => storage.setItem(this.store, token));
    for (const [client, text] of keep(() => JSON.parse(sessionStorage.getItem(`${this.store}:unsent`) ?? "[]")) ?? []) {
      this.lines.push({ id: "", at: new Date().toISOString(), from: "visitor", name: "", text, client, files: [], unsent: "sending" });
    }
    void this.server.follow({
      message: (said) => this.hear(said),
      state: (state) => {
        this.state = state;
        this.changed();
      },
      connected: (on) => {
        this.connected = on;
        if (on) void this.sendAll();
        this.changed();
      },
      ended: () => {
        this.ended = true;
        this.changed();
      },
    });
    this.changed();
  }

  private hear(said: Said): void {
    const known = this.lines.findIndex((line) => line.id === said.id || (said.client !== "" && line.client === said.client));
    if (known >= 0) this.lines[known] = said;
    else this.lines.push(said);
    this.lines.sort((one, other) => (one.unsent ? 1 : 0) - (other.unsent ? 1 : 0) || (one.id < other.id ? -1 : 1));
    this.keepUnsent();
    if (known < 0 && said.from === "us") this.arrived(said);
    this.changed();
  }

  // In order, one after another; what the network lost is sent again under the same id, and taken only once.
  private async sendAll(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      for (;;) {
        const line = this.lines.find((one) => one.unsent === "sending");
        if (!line) return;
        try {
          const { id } = await this.server.ask<{ id: string }>("messages/", bodyOf(line));
          const now = this.lines.find((one) => one.client === line.client);
          if (now?.unsent) Object.assign(now, { id, unsent: undefined, attached: undefined });
        } catch (error) {
          if (error instanceof Refusal && error.status === 429) {
            await sleep((error.retryAfter || 2) * 1_000);
            continue;
          }
          if (!(error instanceof Refusal) || error.status >= 500) return; // sent again when the stream is back
          line.unsent = "failed";
          line.why = error.message;
        }
        this.keepUnsent();
        this.changed();
      }
    } finally {
      this.sending = false;
      if (this.lines.some((one) => one.unsent === "sending")) setTimeout(() => void this.sendAll(), 3_000);
    }
  }

  private keepUnsent(): void {
    const unsent = this.lines.filter((line) => line.unsent === "sending" && !line.attached?.length);
    keep(() => sessionStorage.setItem(`${this.store}:unsent`, JSON.stringify(unsent.map((line) => [line.client, line.text]))));
  }
}

function bodyOf(line: Line): Record<string, unknown> | FormData {
  if (!line.attached?.length) return { id: line.client, text: line.text };
  const form = new FormData();
  form.set("id", line.client);
  form.set("text", line.text);
  for (const file of line.attached) form.append("files", file);
  return form;
}

// A browser may forbid storage; then the chat lives as long as the page.
function keep<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
