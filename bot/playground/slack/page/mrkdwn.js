// Slack's mrkdwn as DOM: *bold*, _italic_, ~strike~, `code`, ```pre```, > quotes, lists,
// <links>, mentions, dates and :emoji:.

import { formatted } from "./dates.js";
import { make } from "./dom.js";
import { emoji } from "./emoji.js";
import { decode, isLink, link, plain } from "./plain.js";

const INLINE = new RegExp([
  "`([^`\\n]+)`",                                         // 1 code
  "<([^<>\\n]+)>",                                        // 2 <...>
  "(?<![\\w*])\\*(?=\\S)([^*\\n]*[^*\\s])\\*(?![\\w*])",  // 3 bold
  "(?<![\\w_])_(?=\\S)([^_\\n]*[^_\\s])_(?![\\w_])",      // 4 italic
  "(?<![\\w~])~(?=\\S)([^~\\n]*[^~\\s])~(?![\\w~])",      // 5 strike
  ":([a-z0-9_+-]{1,60}):",                                // 6 emoji
  "(https?:\\/\\/[^\\s<>|]+[^\\s<>|.,;:!?)'\"])",         // 7 a bare link
].join("|"), "g");

const MOST_NESTED = 4;

// `names` says how mentions read: { users: {id: name}, channels: {id: name} }.
export function mrkdwn(text, names) {
  const fragment = document.createDocumentFragment();
  for (const [index, part] of text.split(/```(?:\n)?([\s\S]*?)```/).entries()) {
    if (index % 2) fragment.append(make("pre", { tabindex: "0" }, plain(decode(part))));
    else fragment.append(...lines(part, names));
  }
  return fragment;
}

// Consecutive lines of one kind - quote, list, text - become one node.
function lines(text, names) {
  const nodes = [];
  let group = null;
  for (const line of text.replace(/^\n|\n$/g, "").split("\n")) {
    const { kind, rest } = kindOf(line);
    if (kind !== group?.kind) {
      group = { kind, rows: [] };
      nodes.push(group);
    }
    group.rows.push(rest);
  }
  if (nodes.length === 1 && nodes[0].kind === "text" && nodes[0].rows[0] === "" ) return [];
  return nodes.map(({ kind, rows }) => {
    if (kind === "quote") return make("blockquote", {}, joined(rows, names));
    if (kind === "list")
      return make("ul", { class: "bullets" }, rows.map((row) => make("li", {}, inline(row, names))));
    return make("span", { class: "lines" }, joined(rows, names));
  });
}

function kindOf(line) {
  const quote = /^(?:>|&gt;) ?(.*)$/.exec(line);
  if (quote) return { kind: "quote", rest: quote[1] };
  const item = /^ *[•◦▪-] +(.*)$/.exec(line);
  if (item) return { kind: "list", rest: item[1] };
  return { kind: "text", rest: line };
}

const joined = (rows, names) =>
  rows.flatMap((row, index) => [index ? make("br") : null, ...inline(row, names)]);

export function inline(text, names, depth = 0) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > end) nodes.push(plain(decode(text.slice(end, found.index))));
    nodes.push(node(found, names, depth));
    end = found.index + found[0].length;
  }
  if (end < text.length) nodes.push(plain(decode(text.slice(end))));
  return nodes;
}

function node([whole, code, angle, bold, italic, strike, name, url], names, depth) {
  const inner = (text) =>
    depth < MOST_NESTED ? inline(text, names, depth + 1) : [plain(decode(text))];
  if (code !== undefined) return make("code", {}, plain(decode(code)));
  if (angle !== undefined) return special(angle, names);
  if (bold !== undefined) return make("strong", {}, inner(bold));
  if (italic !== undefined) return make("em", {}, inner(italic));
  if (strike !== undefined) return make("s", {}, inner(strike));
  if (name !== undefined) return document.createTextNode(emoji(name));
  return link(decode(url), plain(decode(url))) ?? plain(whole);
}

// What stands between < and >: a person, a channel, a command word, a date, or a link.
function special(inside, names) {
  const [target, label] = split(inside, "|");
  if (/^@[UW]\w+$/.test(target))
    return mention(`@${names.users[target.slice(1)] ?? label ?? target.slice(1)}`);
  if (/^#C\w+$/.test(target))
    return mention(`#${names.channels[target.slice(1)] ?? label ?? target.slice(1)}`);
  if (/^!(channel|here|everyone)$/.test(target)) return mention(`@${target.slice(1)}`);
  if (target.startsWith("!subteam^")) return mention(label ?? "@group");
  if (target.startsWith("!date^")) return date(target, label ?? "");
  if (isLink(decode(target))) return link(decode(target), plain(decode(label || target)));
  return plain(decode(`<${inside}>`));
}

function date(target, fallback) {
  const [, seconds, format, url] = target.split("^");
  const text = plain(decode(formatted(seconds, format ?? "", fallback)));
  return url && isLink(decode(url)) ? link(decode(url), text) : make("time", {}, text);
}

const mention = (text) => make("span", { class: "mention" }, plain(decode(text)));

function split(text, by) {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
