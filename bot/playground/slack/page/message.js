// One message as DOM.

import { avatar } from "./avatar.js";
import { blocks } from "./blocks.js";
import { full, time } from "./dates.js";
import { make } from "./dom.js";
import { emoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { plain } from "./plain.js";

// `world` gives names and `openThread`; `act` is called for clicks; `follows` leaves out the
// author, who wrote the message above as well.
export function messageNode(message, { world, act, follows = false, inThread = false }) {
  const names = world.names();
  const author = names.users[message.user] ?? message.user;
  return make("article", {
    class: ["message", follows ? "follows" : "", message.ephemeral ? "private" : ""].join(" "),
    "data-ts": message.ts,
    "aria-label": `${author}, ${time(message.ts)}`,
  },
  make("div", { class: "gutter" },
    follows ? make("time", { class: "small-time", title: full(message.ts) }, time(message.ts))
      : avatar(message.user, author)),
  make("div", { class: "body" },
    message.ephemeral ? make("p", { class: "only-you" }, "👁 Only visible to you") : null,
    follows ? null : make("header", {},
      make("strong", { class: "author" }, author),
      message.app ? make("span", { class: "app-mark" }, "APP") : null,
      make("time", { title: full(message.ts) }, time(message.ts))),
    content(message, { names, act }),
    message.files.map(file),
    message.reactions.length ? make("div", { class: "reactions" }, message.reactions.map((name) =>
      make("span", { class: "reaction" }, emoji(name), " 1"))) : null,
    inThread || !message.replies ? null : make("button", {
      class: "replies", "data-key": "replies", onclick: () => world.openThread(message.ts),
    }, `${message.replies} ${message.replies === 1 ? "reply" : "replies"}`,
    make("span", { class: "muted" }, ` Last at ${time(message.last_reply)}`)),
    inThread || message.ephemeral ? null : make("div", { class: "tools" },
      make("button", { class: "quiet", "data-key": "reply", onclick: () =>
        world.openThread(message.ts) }, "Reply in thread"))));
}

function content(message, { names, act }) {
  const edited = message.edited ? make("span", { class: "edited" }, " (edited)") : null;
  if (!message.blocks.length)
    return message.text ? make("div", { class: "text" }, mrkdwn(message.text, names), edited) : null;
  const use = (control, block, selected, node) => act(message, control, block, selected, node);
  return make("div", { class: "blocks" }, blocks(message.blocks, { names, act: use }), edited);
}

function file({ id, name, title, mimetype, size, preview, alt, width, height }) {
  const url = `/files/${encodeURIComponent(id)}/${encodeURIComponent(name)}`;
  const shown = mimetype.startsWith("image/") && mimetype !== "image/svg+xml";
  return make("div", { class: "file" },
    make("div", { class: "file-name" }, "📄 ", make("strong", {}, plain(title)),
      make("span", { class: "muted" }, ` ${bytes(size)}`),
      make("a", { href: url, download: name }, "Download")),
    shown ? make("img", { src: url, alt: alt || title, width, height }) : null,
    preview ? make("pre", { class: "preview", tabindex: "0" }, plain(preview)) : null);
}

const bytes = (size) =>
  size < 1024 ? `${size} B` : size < 1048576 ? `${(size / 1024).toFixed(1)} KB`
    : `${(size / 1048576).toFixed(1)} MB`;

// The words of a message, for those who hear the page.
export function spoken(message, names) {
  const author = names.users[message.user] ?? message.user;
  const node = make("div", {}, message.text ? mrkdwn(message.text, names)
    : blocks(message.blocks, { names, act() {} }));
  return `${author}: ${node.textContent.slice(0, 300)}`;
}
