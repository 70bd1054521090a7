// What people fill in - text, numbers, menus, dates, choices - as the browser's own controls.
//
// A field's plain value is text, or a list of texts where several may be chosen; nothing is null.
// `all` gives names, people and channels to choose from, and `typed`: values by block and action.

import { make } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { plain } from "./plain.js";

const readers = new WeakMap();

export const isField = ({ type }) => Object.hasOwn(KINDS, type);
export const readField = (node) => readers.get(node)?.();

// Every field within a node: { block_id: { action_id: value } }.
export function collect(root) {
  const typed = {};
  for (const node of root.querySelectorAll("[data-field]"))
    (typed[node.dataset.block] ??= {})[node.dataset.field] = readField(node) ?? null;
  return typed;
}

// `label` names the field for those who hear the page; `changed(value)` is called when it is set.
export function field(element, block, all, { label = null, changed = null, wrong = null } = {}) {
  const given = all.typed?.[block.block_id];
  const known = given && Object.hasOwn(given, element.action_id);
  const start = known ? given[element.action_id] : initial(element);
  const { node, read } = KINDS[element.type](element, start, all);
  const name = label ?? element.placeholder?.text ?? "Choose";
  const group = node.matches("fieldset");
  const attributes = {
    "data-field": element.action_id, "data-block": block.block_id,
    "data-key": `${block.block_id}/${element.action_id}`, "aria-label": name,
    "aria-describedby": wrong, "aria-invalid": wrong && !group ? "true" : null,
  };
  for (const [key, value] of Object.entries(attributes))
    if (value !== null) node.setAttribute(key, value);
  node.classList.add("field-box");
  readers.set(node, read);
  if (changed) node.addEventListener("change", () => changed(read(), node));
  return node;
}

function initial(element) {
  const option = (one) => one?.value ?? null;
  return element.initial_value ?? element.initial_user ?? element.initial_channel
    ?? element.initial_conversation ?? element.initial_date ?? element.initial_time
    ?? element.initial_date_time ?? element.initial_users ?? element.initial_channels
    ?? element.initial_conversations ?? element.initial_options?.map(option)
    ?? option(element.initial_option);
}

const text = (type, mode = null) => (element, start) => {
  const node = element.multiline
    ? make("textarea", { rows: "4", spellcheck: "true" })
    : make("input", { type, inputmode: mode, autocomplete: "off" });
  node.value = start ?? "";
  if (element.placeholder) node.placeholder = element.placeholder.text;
  if (element.max_length) node.maxLength = element.max_length;
  return { node, read: () => node.value || null };
};

const dated = (type) => (element, start) => {
  const node = make("input", { type });
  node.value = type === "datetime-local" && start ? local(start) : (start ?? "");
  const read = () => type === "datetime-local" && node.value
    ? String(Math.floor(new Date(node.value).getTime() / 1000)) : node.value || null;
  return { node, read };
};

function local(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// One of many: the browser's menu. Many of many, and few of few: a list of boxes.
const menu = (offered) => (element, start, all) => {
  const groups = offered(element, all);
  const option = ({ value, label }) => make("option", { value, selected: value === start },
    plain(label));
  const node = make("select", {},
    make("option", { value: "", disabled: !element.optional, selected: !start },
      plain(element.placeholder?.text ?? "Choose…")),
    groups.map(({ label, options }) => label
      ? make("optgroup", { label }, options.map(option)) : options.map(option)));
  return { node, read: () => node.value || null };
};

let count = 0;
const boxes = (kind, offered) => (element, start, all) => {
  const name = `choice-${++count}`;
  const chosen = new Set([start ?? []].flat());
  const node = make("fieldset", { class: "choices" }, offered(element, all).map(
    ({ label, options }) => [
      label ? make("legend", {}, plain(label)) : null,
      options.map(({ value, text, label: words, description }) => make("label", { class: "choice" },
        make("input", { type: kind, name, value, checked: chosen.has(value) }),
        make("span", {}, text?.type === "mrkdwn" ? mrkdwn(text.text, all.names) : plain(words),
          description ? make("span", { class: "muted" }, " ", plain(description.text)) : null))),
    ]));
  const read = () => {
    const values = [...node.querySelectorAll("input:checked")].map((input) => input.value);
    return kind === "radio" ? (values[0] ?? null) : values;
  };
  return { node, read };
};

const shaped = ({ text: words, value, description }) =>
  ({ value, text: words, label: words.text, description });
const options = (element) => element.option_groups
  ? element.option_groups.map((group) =>
    ({ label: group.label.text, options: group.options.map(shaped) }))
  : [{ options: element.options.map(shaped) }];
const people = (_, { people: known }) =>
  [{ options: (known ?? []).map(({ id, real_name }) => ({ value: id, label: real_name })) }];
const channels = (_, { channels: known }) => [{ options: (known ?? [])
  .filter(({ direct }) => !direct).map(({ id, name }) => ({ value: id, label: `#${name}` })) }];
const conversations = (_, { channels: known }) => [{ options: (known ?? [])
  .map(({ id, name, direct }) => ({ value: id, label: `${direct ? "" : "#"}${name}` })) }];

const KINDS = {
  plain_text_input: text("text"),
  email_text_input: text("email", "email"),
  url_text_input: text("url", "url"),
  number_input: text("text", "decimal"),
  datepicker: dated("date"),
  timepicker: dated("time"),
  datetimepicker: dated("datetime-local"),
  static_select: menu(options),
  users_select: menu(people),
  channels_select: menu(channels),
  conversations_select: menu(conversations),
  multi_static_select: boxes("checkbox", options),
  multi_users_select: boxes("checkbox", people),
  multi_channels_select: boxes("checkbox", channels),
  multi_conversations_select: boxes("checkbox", conversations),
  radio_buttons: boxes("radio", options),
  checkboxes: boxes("checkbox", options),
};
