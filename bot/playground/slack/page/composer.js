// The message box: Enter sends, Shift+Enter breaks the line, Up brings back what was sent,
// and "/" offers the app's commands and those used before.

import { make, memory } from "./dom.js";

const MOST_REMEMBERED = 20;
const MOST_OFFERED = 6;
const SHOWN_MS = 8000;
let count = 0;

export class Composer {
  // options: { id, label, commands() -> [{command, hint, about}], send(text) -> Promise }
  constructor(root, options) {
    this.options = options;
    this.offers = [];
    this.chosen = -1;
    this.recalled = -1;
    const listId = `offers-${++count}`;
    this.list = make("ul", { id: listId, class: "offers", role: "listbox", "aria-label": "Commands",
      hidden: true });
    this.status = make("p", { class: "sending", role: "status" });
    this.box = make("textarea", {
      id: options.id, rows: "1", maxlength: "12000", "aria-label": options.label,
      placeholder: options.label, role: "combobox", "aria-expanded": "false",
      "aria-controls": listId, "aria-autocomplete": "list", spellcheck: "false",
      oninput: () => { this.recalled = -1; this.changed(); },
      onkeydown: (event) => this.key(event),
      onblur: () => this.offer([]),
      onfocus: () => this.changed(),
    });
    root.replaceChildren(make("form", {
      class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); },
    }, this.status, make("div", { class: "box" }, this.list, this.box,
      make("button", { class: "send", "aria-label": "Send" }, "➤"))));
    this.changed();
  }

  relabel(label) {
    this.box.placeholder = label;
    this.box.setAttribute("aria-label", label);
  }

  focus() {
    this.box.focus();
  }

  write(text) {
    this.box.value = text;
    this.box.setSelectionRange(text.length, text.length);
    this.changed();
  }

  // A word about what was sent. Trouble stays until the next one; all else fades.
  say(text, kind = "") {
    clearTimeout(this.fading);
    this.status.className = `sending ${kind}`;
    this.status.textContent = text;
    if (!kind) this.fading = setTimeout(() => { this.status.textContent = ""; }, SHOWN_MS);
  }

  changed() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 180)}px`;
    this.offer(document.activeElement === this.box ? this.matching(this.box.value) : []);
  }

  // Commands while their name is being typed; then whole commands used before.
  matching(text) {
    if (!text.startsWith("/") || text.includes("\n") || this.recalled >= 0) return [];
    const commands = this.options.commands()
      .filter(({ command }) => command.startsWith(text.trim()) && text !== `${command} `)
      .map(({ command, hint, about }) => ({ text: `${command} `, label: command, hint, about }));
    const recent = remembered().filter((used) => used.startsWith(text) && used !== text)
      .map((used) => ({ text: used, label: used, about: "used before" }));
    return [...commands, ...recent].slice(0, MOST_OFFERED);
  }

  offer(offers) {
    this.offers = offers;
    this.chosen = -1;
    this.list.replaceChildren(...offers.map((offer, index) => make("li", {
      id: `${this.list.id}-${index}`, role: "option", "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); this.take(offer); },
    }, make("span", { class: "offer-name" }, offer.label),
    offer.hint ? make("code", {}, offer.hint) : null,
    offer.about ? make("span", { class: "muted" }, offer.about) : null)));
    this.list.hidden = !offers.length;
    this.box.setAttribute("aria-expanded", String(offers.length > 0));
    this.box.removeAttribute("aria-activedescendant");
  }

  choose(index) {
    this.list.children[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = (index + this.offers.length) % this.offers.length;
    const item = this.list.children[this.chosen];
    item.setAttribute("aria-selected", "true");
    this.box.setAttribute("aria-activedescendant", item.id);
  }

  take(offer) {
    this.write(offer.text);
    this.focus();
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const offer = this.offers[this.chosen] ?? this.unfinished();
      if (offer) this.take(offer);
      else this.send();
    } else if (event.key === "Tab" && this.offers.length && !event.shiftKey) {
      event.preventDefault();
      this.take(this.offers[Math.max(this.chosen, 0)]);
    } else if (event.key === "Escape" && this.offers.length) {
      event.stopPropagation();
      this.offer([]);
    } else if (event.key === "ArrowDown" && this.offers.length) {
      event.preventDefault();
      this.choose(this.chosen + 1);
    } else if (event.key === "ArrowUp" && this.chosen > 0) {
      event.preventDefault();
      this.choose(this.chosen - 1);
    } else if (event.key === "ArrowUp" && (this.box.value === "" || this.recalled >= 0)) {
      event.preventDefault();
      this.recall(this.recalled + 1);
    } else if (event.key === "ArrowDown" && this.recalled >= 0) {
      event.preventDefault();
      this.recall(this.recalled - 1);
    }
  }

  // "/cil" and Enter means the command, not a message that says "/cil".
  unfinished() {
    const known = this.options.commands().some(({ command }) => command === this.box.value.trim());
    const typing = this.box.value.startsWith("/") && !this.box.value.includes(" ");
    return typing && !known ? this.offers[0] : undefined;
  }

  recall(index) {
    const used = remembered();
    if (index >= used.length) return;
    this.recalled = Math.max(index, -1);
    this.write(used[index] ?? "");
  }

  async send(text = this.box.value.trim()) {
    if (!text) return;
    if (text.startsWith("/")) remember(text);
    this.recalled = -1;
    this.write("");
    await this.options.send(text);
  }
}

const remembered = () => memory.read("commands", []);

function remember(text) {
  const others = remembered().filter((used) => used !== text);
  memory.write("commands", [text, ...others].slice(0, MOST_REMEMBERED));
}
