// The live chat of a Postroad, for any web site: one script tag, one custom element, everything in its shadow root.
//
//   <script src="https://postroad.example.com/chat/widget.js" data-chat="web-chat" async></script>
//
// data-chat      the chat's key
// data-lang      "zh-hans" or "en"; default: the page's language
// data-identity  who the visitor is, signed by the site (see the operator guide)
// data-open      shows the chat opened, as a page of its own
//
// It sets no cookie, and stores nothing before the visitor has agreed.
import { Chat } from "./chat";
import { Panel } from "./panel";
import { Server } from "./server";

const script = document.currentScript as HTMLScriptElement | null;

function languageOf(asked: string | undefined): string {
  const language = (asked || document.documentElement.lang || navigator.language).toLowerCase();
  return language.startsWith("zh") ? "zh-hans" : "en";
}

class PostroadChat extends HTMLElement {
  connectedCallback(): void {
    if (!script || this.shadowRoot) return;
    const { chat: key = "", lang, identity = "", open } = script.dataset;
    const base = new URL(".", script.src).href;
    const server = new Server(`${base}${encodeURIComponent(key)}/`, languageOf(lang));
    const chat = new Chat(server, key, identity);
    const panel = new Panel(this, chat, { language: languageOf(lang), alone: open !== undefined });
    void panel.begin();
  }
}

if (script?.dataset.chat && !customElements.get("postroad-chat")) {
  customElements.define("postroad-chat", PostroadChat);
  const mount = () => document.body.append(document.createElement("postroad-chat"));
  if (document.body) mount();
  else addEventListener("DOMContentLoaded", mount);
}
