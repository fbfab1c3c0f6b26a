/* Menus that lie over the page: one is open at a time, and Esc or a press elsewhere
   closes it. */
"use strict";

(() => {
  const MENUS = "details.account, details.left-behind, details.menu, .answer-head details.more";
  /* on a phone some of them push the text down instead: those stay until pressed again */
  const floats = (menu) => menu.lastElementChild && getComputedStyle(menu.lastElementChild).position === "absolute";
  const opened = () => [...document.querySelectorAll(MENUS)].filter((menu) => menu.open && floats(menu));

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      const within = menu.contains(document.activeElement);
      menu.open = false;
      if (within) menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of opened()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  /* `toggle` does not rise: it is met on the way down */
  document.addEventListener("toggle", (event) => {
    if (!event.target.open || !event.target.matches(MENUS)) return;
    for (const menu of opened()) {
      if (menu !== event.target) menu.open = false;
    }
  }, true);
})();
