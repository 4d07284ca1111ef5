"use strict";
/* Theme, live refresh, and drawing. Everything works without it but the charts, whose tables are there all the same. */
(() => {
  const root = document.documentElement;
  const themeButton = document.getElementById("theme");
  const liveButton = document.getElementById("live");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const EVERY_MS = 5000;

  root.classList.add("js");

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  }

  function nameTheme() {
    themeButton.textContent = isDark() ? "Light" : "Dark";
    themeButton.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
  }

  themeButton.hidden = false;
  nameTheme();
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
    nameTheme();
    charts.all();
  });
  dark.addEventListener("change", () => { nameTheme(); charts.all(); });

  charts.all();

  const state = document.getElementById("state");
  if (!liveButton || !state) return;
  let looked = Date.now();
  const age = document.getElementById("age");

  function tellAge() {
    const seconds = Math.round((Date.now() - looked) / 1000);
    age.textContent = seconds < 2 ? "Looked just now." : `Looked ${seconds} s ago.`;
  }

  function isLive() {
    return liveButton.getAttribute("aria-pressed") === "true";
  }

  /* A way to find the element that has the focus again in the page as it is then. */
  function keepFocus(main) {
    const had = document.activeElement;
    if (!main.contains(had) || had === main) return () => {};
    const all = (within) => [...within.querySelectorAll("a, summary, [tabindex]")];
    const at = all(main).indexOf(had);
    const href = had.getAttribute("href");
    return (fresh) => {
      const there = all(fresh);
      (there.find((each) => href && each.getAttribute("href") === href) ?? there[at])?.focus({ preventScroll: true });
    };
  }

  async function refresh() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.getElementById("main");
    const open = [...main.querySelectorAll("details")].map((each) => each.open);
    const focus = keepFocus(main);
    charts.clear();
    main.replaceChildren(...fresh.getElementById("main").childNodes);
    main.querySelectorAll("details").forEach((each, at) => { each.open = Boolean(open[at]); });
    state.dataset.decisions = fresh.getElementById("state").dataset.decisions;
    state.querySelector("p").firstChild.textContent = fresh.querySelector("#state p").firstChild.textContent;
    focus(main);
    charts.all();
  }

  async function look() {
    if (!isLive() || document.hidden) return;
    try {
      const answer = await fetch("/version");
      if (!answer.ok) throw new Error(String(answer.status));
      const said = await answer.json();
      if (String(said.decisions) !== state.dataset.decisions) await refresh();
      looked = Date.now();
      tellAge();
    } catch {
      age.textContent = "The server does not answer; what is shown may be old.";
    }
  }

  liveButton.hidden = false;
  liveButton.setAttribute("aria-pressed", localStorage.getItem("live") === "no" ? "false" : "true");
  liveButton.addEventListener("click", () => {
    const on = !isLive();
    liveButton.setAttribute("aria-pressed", String(on));
    localStorage.setItem("live", on ? "yes" : "no");
    if (on) look();
  });
  tellAge();
  setInterval(look, EVERY_MS);
  setInterval(tellAge, 1000);
})();
