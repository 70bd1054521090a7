// A scrolling list of messages, kept in step with the workspace one message at a time.
//
// A list that stands at its end stays there when messages come or grow; one that a person has
// scrolled up keeps its place. A message that changes is exchanged alone, and keyboard focus
// within it is kept.

import { dayKey, day } from "./dates.js";
import { make } from "./dom.js";
import { messageNode } from "./message.js";

const TOGETHER_SECONDS = 300;

export class MessageList {
  constructor(root, options) {
    this.root = root;
    this.options = options; // { world, act, inThread, intro }
    this.messages = [];
    this.atEnd = true;
    this.height = root.clientHeight;
    root.addEventListener("scroll", () => {
      // A list that just became smaller, or whose pictures just grew, nobody scrolled.
      if (root.clientHeight !== this.height || root.scrollHeight !== this.tall) return;
      this.atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 40;
    });
    root.addEventListener("load", () => this.settle(), true); // pictures grow when they arrive
    new ResizeObserver(() => {
      this.height = root.clientHeight;
      this.settle();
    }).observe(root);
  }

  // Show these messages and nothing else, from the end.
  show(messages) {
    this.messages = [...messages];
    this.root.replaceChildren(this.options.intro?.() ?? "");
    this.messages.forEach((message, index) => this.root.append(...this.nodes(message, index)));
    this.atEnd = true;
    this.settle();
  }

  // A message is new or has changed.
  put(message) {
    const index = this.messages.findIndex((known) => known.ts === message.ts);
    if (index >= 0) {
      this.messages[index] = message;
      this.exchange(message, index);
    } else {
      this.messages.push(message);
      this.root.append(...this.nodes(message, this.messages.length - 1));
    }
    this.settle();
  }

  remove(ts) {
    const messages = this.messages.filter((message) => message.ts !== ts);
    if (messages.length === this.messages.length) return;
    const { atEnd } = this;
    const { scrollTop } = this.root;
    this.show(messages);
    if (!atEnd) this.root.scrollTop = scrollTop;
  }

  find(ts) {
    return this.root.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  }

  reveal(ts) {
    const node = this.find(ts);
    this.atEnd = !node;
    node?.classList.add("linked");
    node?.scrollIntoView({ block: "center" });
  }

  exchange(message, index) {
    const old = this.find(message.ts);
    const key = old.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const next = this.node(message, index);
    old.replaceWith(next);
    if (key) next.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  nodes(message, index) {
    const before = this.messages[index - 1];
    const newDay = !before || dayKey(before.ts) !== dayKey(message.ts);
    const divider = newDay && !this.options.inThread
      ? [make("div", { class: "day", role: "separator" }, make("span", {}, day(message.ts)))] : [];
    return [...divider, this.node(message, index)];
  }

  node(message, index) {
    const before = this.messages[index - 1];
    const follows = Boolean(before) && before.user === message.user
      && before.ephemeral === message.ephemeral && dayKey(before.ts) === dayKey(message.ts)
      && message.ts - before.ts < TOGETHER_SECONDS;
    return messageNode(message, { ...this.options, follows });
  }

  settle() {
    this.tall = this.root.scrollHeight;
    if (this.atEnd) this.root.scrollTop = this.tall;
  }
}
