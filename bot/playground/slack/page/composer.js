// The message box: Enter sends, Shift+Enter breaks the line, Up brings back what was sent,
// "/" offers the app's commands and those used before, "@" offers people and the app. What was
// begun in one place waits there: `keep` changes the place.

import { make, memory } from "./dom.js";

const MOST_REMEMBERED = 20;
const MOST_OFFERED = 6;
const SHOWN_MS = 8000;
let count = 0;

export class Composer {
  // options: { id, label, commands() -> [{command, hint, about}],
  //   mentions() -> [{name, real_name, role}], send(text) -> Promise }
  constructor(root, options) {
    this.options = options;
    this.offers = [];
    this.chosen = -1;
    this.recalled = -1;
    this.drafts = new Map();
    this.place = "";
    const listId = `offers-${++count}`;
    this.list = make("ul", { id: listId, class: "offers", role: "listbox", "aria-label": "Suggestions",
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

  // From here on the box belongs to another place, and shows what was begun there.
  keep(place) {
    if (place === this.place) return;
    this.drafts.set(this.place, this.box.value);
    this.place = place;
    this.write(this.drafts.get(place) ?? "");
    this.say("");
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

  // Commands while their name is being typed; then those used before, then what their usage
  // hints name: "status [node] | help" offers two.
  matching(text) {
    const mention = /^([\s\S]*(?:^|\s))@([\w.-]*)$/.exec(text);
    if (mention) return this.people(mention[1], mention[2].toLowerCase());
    if (!text.startsWith("/") || text.includes("\n") || this.recalled >= 0) return [];
    const known = this.options.commands();
    const commands = known
      .filter(({ command }) => command.startsWith(text.trim()) && text !== `${command} `)
      .map(({ command, hint, about }) => ({ text: `${command} `, label: command, hint, about }));
    const hinted = !text.includes(" ") ? [] : known.flatMap(({ command, hint }) =>
      (hint ?? "").split("|").map((one) => /^([a-z][\w-]*)\s*(.*)$/.exec(one.trim()))
        .filter(Boolean).map(([, word, rest]) => ({ text: `${command} ${word} `,
          label: `${command} ${word}`, hint: rest, about: "" }))
        .filter((offer) => offer.text.startsWith(text) && offer.text !== text));
    const recent = remembered().filter((used) => used.startsWith(text) && used !== text)
      .map((used) => ({ text: used, label: used, about: "used before" }));
    return [...commands, ...recent, ...hinted].slice(0, MOST_OFFERED);
  }

  people(before, begun) {
    return (this.options.mentions?.() ?? [])
      .filter(({ name, real_name }) =>
        name.startsWith(begun) || real_name.toLowerCase().startsWith(begun))
      .map(({ name, real_name, role }) => ({ text: `${before}@${name} `, label: `@${name}`,
        about: `${real_name}, ${role}`, taken: true }))
      .slice(0, MOST_OFFERED);
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
      const offer = this.offers[this.chosen] ?? this.unfinished() ?? this.half();
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

  // "@cil" and Enter means the app; a whole name is sent as it is.
  half() {
    const name = this.box.value.split(/\s/).at(-1);
    const first = this.offers.find(({ taken }) => taken);
    return first && name.length > 1 && first.label !== name ? first : undefined;
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
