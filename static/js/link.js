/* The socket of a run's page: keeps it open, notices when it died, and says in the banner
   what the feed cannot say. What the feed says is the page's own business (run.js). */
"use strict";

const followRun = ({ since, over, opened, lost: away, barred, take, reload }) => {
  const QUIET_MS = 2000;
  /* the server says something every ten seconds, if only that it is there */
  const SILENT_MS = 25_000;
  const LISTEN_MS = 5000;
  const banner = document.getElementById("run-link");
  let live;
  let heardAt = 0;
  let quiet = 0;
  let noticed = false;

  const say = (words, tone = "") => {
    clearTimeout(quiet);
    quiet = 0;
    banner.hidden = !words;
    banner.dataset.tone = tone;
    if (banner.textContent !== words) banner.textContent = words;
  };
  /* no entry of the feed: nobody carries the run, and so nobody writes there */
  const notice = (words) => {
    if (words || noticed) say(words);
    noticed = Boolean(words);
  };
  const lost = () => {
    quiet ||= setTimeout(() => {
      quiet = 0;
      away();
      /* what a press of Stop came to is news; this has been said */
      if (banner.dataset.tone !== "bad") say("Connection lost, trying again. What is shown may be behind.");
    }, QUIET_MS);
  };

  const heard = () => {
    heardAt = performance.now();
  };
  /* the socket's own close may come minutes later, and would start another one */
  const replace = () => {
    const dead = live;
    heard();
    dead.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    dead.onclose = null;
    dead.close();
  };
  const listen = () => {
    const waits = live && live.readyState <= WebSocket.OPEN && !over();
    if (waits && performance.now() - heardAt > SILENT_MS) replace();
  };
  const closed = (code) => {
    if (code === 4401 || code === 4403) {
      say(code === 4401 ? "You are signed out. Sign in again to follow this run." : "You may no longer see this run.", "bad");
      barred();
    } else if (over()) return;
    else if (code === 1000) reload(); /* the run is over, and its end was not told here */
    else lost();
  };

  const start = () => {
    htmx.createWebSocket = (url) => {
      const address = new URL(url);
      address.searchParams.set("since", since());
      live = new WebSocket(address);
      heard();
      return live;
    };
    setInterval(listen, LISTEN_MS);
    /* a socket whose network went away may stay silent for minutes, and never close */
    addEventListener("offline", () => {
      if (!over()) lost();
    });
    addEventListener("online", () => {
      if (!over() && live) replace();
    });
    document.addEventListener("htmx:wsBeforeMessage", (event) => {
      event.preventDefault();
      heard();
      const frame = JSON.parse(event.detail.message);
      if (frame.k === "notice") notice(frame.words);
      else if (frame.k !== "ping") take(frame, event.detail.socketWrapper);
    });
    document.addEventListener("htmx:wsOpen", () => {
      opened();
      noticed = false;
      say("");
    });
    document.addEventListener("htmx:wsClose", ({ detail }) => {
      if (detail.event.target === live) closed(detail.event.code);
    });
  };
  return { start, say, notice };
};
