// The `markdown` block: the everyday part of standard Markdown as DOM.

import { make } from "./dom.js";
import { emoji } from "./emoji.js";
import { isLink, link, plain } from "./plain.js";

const INLINE = new RegExp([
  "`([^`\\n]+)`",
  "\\*\\*(?=\\S)([^\\n]*?\\S)\\*\\*",
  "(?<![\\w*])[*_](?=\\S)([^*_\\n]*[^*_\\s])[*_](?![\\w*])",
  "~~(?=\\S)([^~\\n]*\\S)~~",
  "\\[([^\\]\\n]+)\\]\\(([^()\\s]+)\\)",
  ":([a-z0-9_+-]{1,60}):",
].join("|"), "g");

const BLOCKS = [
  [/^```[^\n]*\n([\s\S]*?)(?:\n```|$)/, ([, code]) => make("pre", { tabindex: "0" }, plain(code))],
  [/^(#{1,6}) +([^\n]*)/, ([, , text]) => make("p", { class: "heading" }, inline(text))],
  [/^(?:-{3,}|\*{3,})(?=\n|$)/, () => make("hr")],
  [/^(?:>[^\n]*(?:\n|$))+/, ([text]) =>
    make("blockquote", {}, rows(text.trimEnd().replace(/^> ?/gm, "")))],
  [/^(?:[-*+] [^\n]*(?:\n|$))+/, ([text]) => list("ul", text, /^[-*+] /gm)],
  [/^(?:\d+[.)] [^\n]*(?:\n|$))+/, ([text]) => list("ol", text, /^\d+[.)] /gm)],
  [/^[^\n]+(?:\n(?!```|#{1,6} |>|[-*+] |\d+[.)] |\n)[^\n]+)*/, ([text]) =>
    make("p", {}, rows(text))],
];

export function markdown(text) {
  const fragment = document.createDocumentFragment();
  let rest = text.replace(/^\n+/, "");
  while (rest) {
    for (const [pattern, build] of BLOCKS) {
      const found = pattern.exec(rest);
      if (!found) continue;
      fragment.append(build(found));
      rest = rest.slice(found[0].length).replace(/^\n+/, "");
      break;
    }
  }
  return fragment;
}

const list = (tag, text, bullet) =>
  make(tag, {}, text.trimEnd().replace(bullet, "").split("\n").map((item) =>
    make("li", {}, inline(item))));

const rows = (text) =>
  text.split("\n").flatMap((row, index) => [index ? make("br") : null, ...inline(row)]);

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(plain(text.slice(end, found.index)), node(found));
    end = found.index + found[0].length;
  }
  nodes.push(plain(text.slice(end)));
  return nodes;
}

function node([whole, code, bold, italic, strike, label, url, name]) {
  if (code !== undefined) return make("code", {}, plain(code));
  if (bold !== undefined) return make("strong", {}, inline(bold));
  if (italic !== undefined) return make("em", {}, inline(italic));
  if (strike !== undefined) return make("s", {}, inline(strike));
  if (name !== undefined) return document.createTextNode(emoji(name));
  return isLink(url) ? link(url, plain(label)) : plain(whole);
}
