/* Runs that were left behind: an open page in sight has seen its run's end. */
"use strict";

{
  const ENDED = new Set(["done", "degraded", "failed", "cancelled"]);
  const path = location.pathname.match(/^\/runs\/[0-9a-f-]{36}\/$/)?.[0];
  const state = () => document.getElementById("run-status")?.dataset.state ?? "";
  let timer = 0;

  const isSeen = () => !document.hidden && ENDED.has(state());

  const tell = () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    removeEventListener("pagehide", look);
    const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
    /* it arrives even when the reader leaves at that moment */
    return fetch(`${path}seen/`, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      keepalive: true,
    });
  };
  async function look() {
    if (!isSeen()) return;
    await tell();
    htmx.ajax("GET", "/notices/", { target: "#notices", swap: "innerHTML" });
  }
  /* a page that was loaded after the end has been counted by the server already */
  if (path && state() && !ENDED.has(state())) {
    timer = setInterval(look, 1000);
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", look);
  }
}
