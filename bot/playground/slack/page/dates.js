// Timestamps in the words of a chat: times of day, day dividers, and Slack's <!date> tokens.

const at = (ts) => new Date(Number(ts) * 1000);
const shown = (date, options) => new Intl.DateTimeFormat("en-GB", options).format(date);

export const time = (ts) => shown(at(ts), { hour: "2-digit", minute: "2-digit" });
export const dayKey = (ts) => at(ts).toDateString();

export function day(ts) {
  const date = at(ts);
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return "Today";
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  return shown(date, { weekday: "long", day: "numeric", month: "long" });
}

export const full = (ts) => shown(at(ts), { dateStyle: "full", timeStyle: "medium" });

export function ago(seconds) {
  if (seconds < 60) return "just now";
  const [count, unit] =
    seconds < 3600 ? [seconds / 60, "minute"] :
    seconds < 86400 ? [seconds / 3600, "hour"] : [seconds / 86400, "day"];
  const whole = Math.floor(count);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}

const TOKENS = {
  date_num: (date) => date.toISOString().slice(0, 10),
  date: (date) => shown(date, { day: "numeric", month: "long", year: "numeric" }),
  date_short: (date) => shown(date, { day: "numeric", month: "short", year: "numeric" }),
  date_long: (date) => shown(date, { dateStyle: "full" }),
  date_pretty: (date) => day(date / 1000),
  date_short_pretty: (date) => day(date / 1000),
  date_long_pretty: (date) => day(date / 1000),
  time: (date) => shown(date, { hour: "2-digit", minute: "2-digit" }),
  time_secs: (date) => shown(date, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  ago: (date) => ago((Date.now() - date) / 1000),
};

// "{date_short} at {time}" for a moment in seconds; the fallback where the moment makes no sense.
export function formatted(seconds, format, fallback) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  return format.replace(/\{(\w+)\}/g, (whole, name) =>
    Object.hasOwn(TOKENS, name) ? TOKENS[name](date) : whole);
}
