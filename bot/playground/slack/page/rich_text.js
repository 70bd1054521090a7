// `rich_text` blocks, and the cells of tables that hold them, as DOM.

import { formatted } from "./dates.js";
import { make } from "./dom.js";
import { emoji } from "./emoji.js";
import { isLink, link, plain } from "./plain.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

export const richText = (block, names) =>
  make("div", { class: "rich" }, block.elements.map((element) => part(element, names)));

function part(element, names) {
  const inner = () => element.elements.map((leaf) => leafNode(leaf, names));
  switch (element.type) {
    case "rich_text_list":
      return make(element.style === "ordered" ? "ol" : "ul", {
        class: `indent-${Math.min(element.indent ?? 0, 4)}`,
        start: element.offset ? element.offset + 1 : null,
      }, element.elements.map((item) => make("li", {}, item.elements.map((leaf) =>
        leafNode(leaf, names)))));
    case "rich_text_preformatted":
      return make("pre", { tabindex: "0" }, inner());
    case "rich_text_quote":
      return make("blockquote", { class: "keep-lines" }, inner());
    default:
      return make("div", { class: "keep-lines" }, inner());
  }
}

function leafNode(leaf, names) {
  let node = bare(leaf, names);
  for (const [style, tag] of Object.entries(STYLES))
    if (leaf.style?.[style]) node = make(tag, {}, node);
  return node;
}

function bare(leaf, names) {
  switch (leaf.type) {
    case "text": return plain(leaf.text);
    case "link": {
      const label = plain(leaf.text || leaf.url);
      return isLink(leaf.url) ? link(leaf.url, label) : label;
    }
    case "emoji": return document.createTextNode(emoji(leaf.name));
    case "user": return mention(`@${names.users[leaf.user_id] ?? leaf.user_id}`);
    case "channel": return mention(`#${names.channels[leaf.channel_id] ?? leaf.channel_id}`);
    case "usergroup": return mention("@group");
    case "broadcast": return mention(`@${leaf.range}`);
    case "date": return plain(formatted(leaf.timestamp, leaf.format, leaf.fallback ?? ""));
    case "color": return make("code", {}, plain(leaf.value));
    default: return plain("");
  }
}

const mention = (text) => make("span", { class: "mention" }, plain(text));
