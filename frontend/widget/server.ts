// What the widget asks the server: plain requests, and the event stream, over fetch so that the key to the chat
// travels in a header and never in an address.

export type Said = {
  id: string;
  at: string;
  from: "us" | "visitor";
  name: string;
  text: string;
  client: string;
  files: { id: string; name: string; size: number }[];
};

export type State = { typing: string; read: string; left: boolean; place: number; present: boolean; asks?: boolean; rated?: number; offersMail?: boolean };

// A chat that was offered by a link: what it goes on from, and what need not be asked any more.
export type Offer = { token: string; about: string; known: { name: boolean; mail: boolean } };

export type Help = { title: string; url: string };

export type Setup = {
  live: boolean;
  attended: boolean;
  opensAt: string;
  waitMinutes: number | null;
  mailRequired: boolean;
  colour: string;
  textColour: string;
  offerAfter: number;
  largestFile: number;
  texts: Record<string, string>;
};

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: Record<string, string>,
    readonly retryAfter: number,
  ) {
    super(message);
  }
}

export type Listener = {
  message(said: Said): void;
  state(state: State): void;
  connected(on: boolean): void;
  ended(): void;
};

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;
// The server says something at once and then every 15 seconds; silence means that something in between holds it back.
const SILENCE = 12_000;
const LONGEST_SILENCE = 45_000;
const POLL = 4_000;

export class Server {
  token = "";
  position = "";
  private following?: AbortController;

  constructor(
    private readonly address: string,
    private readonly language: string,
  ) {}

  async ask<T>(path: string, body?: Record<string, unknown> | FormData): Promise<T> {
    const headers: Record<string, string> = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body && !(body instanceof FormData)) headers["Content-Type"] = "application/json";
    const response = await fetch(this.url(path), {
      method: body ? "POST" : "GET",
      headers,
      body: body instanceof FormData ? body : body && JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
    });
    if (!response.ok) throw await refusalOf(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  async file(id: string): Promise<Blob> {
    const headers = { Authorization: `Bearer ${this.token}` };
    const response = await fetch(this.url(`files/${id}/`), { headers, credentials: "omit" });
    if (!response.ok) throw await refusalOf(response);
    return response.blob();
  }

  // Tells the listener what is said, from the position on, until `stop`; over every outage.
  async follow(listener: Listener): Promise<void> {
    this.stop();
    const stop = new AbortController();
    this.following = stop;
    let pause = FIRST_PAUSE;
    let polling = false;
    while (!stop.signal.aborted) {
      try {
        if (polling) await this.poll(listener);
        else await this.stream(listener, stop.signal, () => (pause = FIRST_PAUSE));
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof Refusal && (error.status === 401 || error.status === 404)) {
          listener.ended();
          return;
        }
        if (error instanceof HeldBack) polling = true;
        listener.connected(false);
      }
      await sleep(polling ? POLL : pause * (0.5 + Math.random()), stop.signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  stop(): void {
    this.following?.abort();
    this.following = undefined;
  }

  private async stream(listener: Listener, stop: AbortSignal, opened: () => void): Promise<void> {
    const silence = new AbortController();
    stop.addEventListener("abort", () => silence.abort(), { once: true });
    let heard = false;
    let timer = setTimeout(() => silence.abort(), SILENCE);
    try {
      const response = await fetch(this.url("events"), {
        headers: { Authorization: `Bearer ${this.token}`, "Last-Event-ID": this.position },
        credentials: "omit",
        cache: "no-store",
        signal: silence.signal,
      });
      if (!response.ok || !response.body) throw await refusalOf(response);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let buffer = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), LONGEST_SILENCE);
        if (!heard) {
          heard = true;
          opened();
          listener.connected(true);
        }
        buffer += value;
        const events = buffer.split("\n\n");
        buffer = events.pop() ?? "";
        for (const event of events) this.hear(event, listener);
      }
    } catch (error) {
      if (!heard && silence.signal.aborted && !stop.aborted) throw new HeldBack();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private hear(event: string, listener: Listener): void {
    const fields = new Map(event.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)] as const;
    }));
    const data = fields.get("data");
    if (!data) return;
    if (fields.get("event") === "message") listener.message(JSON.parse(data) as Said);
    else listener.state(JSON.parse(data) as State);
    this.position = fields.get("id") ?? this.position;
  }

  private async poll(listener: Listener): Promise<void> {
    type News = { messages: Said[]; state: State; position: string };
    const news = await this.ask<News>(`messages/?after=${encodeURIComponent(this.position)}`);
    listener.connected(true);
    news.messages.forEach((said) => listener.message(said));
    listener.state(news.state);
    this.position = news.position;
  }

  private url(path: string): string {
    return `${this.address}${path}${path.includes("?") ? "&" : "?"}lang=${this.language}`;
  }
}

class HeldBack extends Error {}

async function refusalOf(response: Response): Promise<Refusal> {
  const told = (await response.json().catch(() => ({}))) as { error?: string; fields?: Record<string, string> };
  return new Refusal(response.status, told.error ?? "", told.fields ?? {}, Number(response.headers.get("Retry-After")));
}

export function sleep(milliseconds: number, stop?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
