// Talks to the workspace: live events in, what a person does out.

export class Server {
  constructor(handlers) {
    this.handlers = handlers; // { state, message, removed, joined, cluster, views, link, connected }
    this.source = null;
  }

  // Follow the workspace as this person. The browser reconnects by itself when the line drops
  // for a moment, and each connection starts with the whole state; a line that is closed for
  // good (the workspace was started anew) is tried again here.
  follow(name) {
    this.source?.close();
    const source = new EventSource(`/live/events?as=${encodeURIComponent(name)}`);
    this.source = source;
    for (const event of ["state", "message", "removed", "joined", "cluster", "views", "link"])
      source.addEventListener(event, ({ data }) => this.handlers[event](JSON.parse(data)));
    source.onopen = () => this.handlers.connected(true);
    source.onerror = () => {
      const closed = source.readyState === EventSource.CLOSED;
      this.handlers.connected(false, closed);
      if (!closed) return;
      setTimeout(() => { if (this.source === source) this.follow(name); }, 2000);
    };
  }

  // Resolves to the JSON answer; what went wrong on the way is in `error`, in words.
  async post(path, body) {
    try {
      const response = await fetch(`/live/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      return response.ok ? await response.json() : { error: (await response.text()).trim() };
    } catch {
      return { error: "The playground does not answer. Is it still running?" };
    }
  }
}
