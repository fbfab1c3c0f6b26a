/* Runs that were left behind: a page in sight has seen its run's end; one that is out of
   sight notifies those who asked for it on a run's page (notify.js). */
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

{
  const told = new Set();
  let isFirst = true;

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "notices") return;
    const may = "Notification" in window && Notification.permission === "granted"
      && localStorage.getItem("moa-tell-me") === "yes";
    for (const link of document.querySelectorAll("#notices [data-notice]")) {
      const isNew = !told.has(link.dataset.notice);
      told.add(link.dataset.notice);
      /* what had ended before this page was opened is shown in the bar alone */
      if (!isNew || isFirst || !may || !document.hidden) continue;
      const path = new URL(link.href).pathname;
      const note = new Notification("A run has ended", { body: link.dataset.told, tag: path });
      note.addEventListener("click", () => {
        window.focus();
        note.close();
        location.assign(path);
      });
    }
    isFirst = false;
  });
}
