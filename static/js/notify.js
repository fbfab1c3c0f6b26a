/* Tells the person who started a run that it is over while its page is out of sight: in
   the title, and by a notification where they asked for one by pressing the button. */
"use strict";

(() => {
  const page = document.getElementById("run");
  const button = document.getElementById("tell-me");
  if (!page || !("mine" in page.dataset)) return;
  const ASKED = "moa-tell-me";
  const MARKS = { done: "✓", degraded: "✓", failed: "✕", cancelled: "■" };
  const MOST = 80;
  const title = document.title;
  const prompt = () => document.getElementById("prompt")?.querySelector("h1")?.textContent
    ?? document.getElementById("prompt")?.textContent ?? "";
  const short = (text) => {
    const letters = [...text.trim().replace(/\s+/g, " ")];
    return letters.length > MOST ? `${letters.slice(0, MOST - 1).join("")}…` : letters.join("");
  };
  const can = "Notification" in window;
  const wants = () => can && Notification.permission === "granted" && localStorage.getItem(ASKED) === "yes";

  const show = () => {
    if (!button) return;
    /* its place is kept from the start, so that nothing moves when it shows */
    button.toggleAttribute("data-over", !can || Notification.permission === "denied");
    button.setAttribute("aria-pressed", String(wants()));
    button.querySelector("span").textContent = wants() ? "You will be told when it is done" : "Tell me when it is done";
  };
  button?.addEventListener("click", async () => {
    if (wants()) localStorage.removeItem(ASKED);
    else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(ASKED, "yes");
    show();
  });
  show();

  const tell = (words) => {
    const note = new Notification(words, { body: short(prompt()), tag: location.pathname });
    note.addEventListener("click", () => {
      window.focus();
      note.close();
    });
  };
  document.addEventListener("run:end", ({ detail }) => {
    button?.toggleAttribute("data-over", true);  /* its room stays: nothing moves */
    const words = detail.words.replace(/\s+/g, " ");
    const over = [words, ...title.split(" · ").slice(1)].join(" · ");
    document.title = document.hidden ? `${MARKS[detail.state] ?? "✓"} ${over}` : over;
    if (!document.hidden) return;
    document.addEventListener("visibilitychange", () => { document.title = over; }, { once: true });
    if (wants()) tell(words);
  });
})();
