/* Runs that were left behind: an open page in sight has seen its run's end. */
"use strict";

{
  const ENDED = new Set(["done", "degraded", "failed", "cancelled"]);
  const path = location.pathname.match(/^\/runs\/[0-9a-f-]{36}\/$/)?.[0];
  const state = () => document.getElementById("run-status")?.dataset.state ?? "";
  let timer = 0;

  const look = async () => {
    if (document.hidden || !ENDED.has(state())) return;
    clearInterval(timer);
    const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
    await fetch(`${path}seen/`, { method: "POST", headers: { "X-CSRFToken": token } });
    if (document.getElementById("notices")) {
      htmx.ajax("GET", "/notices/", { target: "#notices", swap: "innerHTML" });
    }
  };
  /* a page that was loaded after the end has been counted by the server already */
  if (path && state() && !ENDED.has(state())) {
    timer = setInterval(look, 1500);
    document.addEventListener("visibilitychange", look);
  }
}
