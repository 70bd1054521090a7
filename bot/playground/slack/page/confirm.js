// Slack's confirmation dialog: resolves to true when the person agrees.

import { byId } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { plain } from "./plain.js";

export function confirmed(question, names) {
  if (!question) return Promise.resolve(true);
  const dialog = byId("confirm");
  byId("confirm-title").replaceChildren(plain(question.title.text));
  byId("confirm-text").replaceChildren(
    question.text.type === "mrkdwn" ? mrkdwn(question.text.text, names) : plain(question.text.text));
  byId("confirm-yes").replaceChildren(plain(question.confirm.text));
  byId("confirm-deny").replaceChildren(plain(question.deny.text));
  byId("confirm-yes").className = question.style === "danger" ? "danger" : "primary";
  dialog.returnValue = "";
  dialog.showModal();
  byId("confirm-deny").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
