// Which messages a person has not seen. Switching people keeps each one's own marks.

const seen = new Map();
let start = null;

const newest = (messages) => messages.at(-1)?.ts ?? "0";

// Whatever was there when the page was opened counts as seen.
export function begin(messages) {
  start ??= messages.map(({ ts }) => ts).sort().at(-1) ?? "0";
}

export const markSeen = (viewer, channel, messages) =>
  seen.set(`${viewer}/${channel}`, newest(messages));

export function unread(viewer, channel, messages) {
  const since = seen.get(`${viewer}/${channel}`) ?? start ?? "0";
  return messages.filter(({ ts, user, thread_ts }) => ts > since && user !== viewer && !thread_ts)
    .length;
}
