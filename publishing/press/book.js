// The menu on narrow screens, and the search. Both stay on this site: nothing is asked of the network.
(() => {
  const root = document.currentScript.dataset.root;
  document.documentElement.classList.add("scripted");
  document.addEventListener("DOMContentLoaded", () => {
    const menu = document.querySelector(".menu");
    const chapters = document.querySelector(".chapters");
    menu.addEventListener("click", () => {
      const open = chapters.classList.toggle("open");
      menu.setAttribute("aria-expanded", String(open));
    });

    const form = document.querySelector(".search");
    if (!form) return;
    const input = form.querySelector("input");
    const results = form.querySelector(".results");
    form.addEventListener("submit", (event) => event.preventDefault());
    if (location.protocol === "file:") {
      input.disabled = true;
      input.placeholder = "needs a server";
      results.textContent = "Search works when the book is read from a server: run python3 -m http.server in the book’s folder.";
      return;
    }
    let engine;
    let turn = 0;
    input.addEventListener("input", async () => {
      const mine = ++turn;
      const words = input.value.trim();
      if (!words) { results.replaceChildren(); return; }
      try {
        engine ??= await import(new URL(root + "pagefind/pagefind.js", location.href).href);
        const found = await engine.search(words);
        const hits = await Promise.all(found.results.slice(0, 8).map((hit) => hit.data()));
        if (mine !== turn) return;
        results.replaceChildren(...hits.map((hit) => {
          const line = document.createElement("p");
          const link = document.createElement("a");
          link.href = hit.url;
          link.textContent = hit.meta.title;
          const text = document.createElement("span");
          text.innerHTML = " " + hit.excerpt; // Pagefind escapes the page's text and adds <mark> only
          line.append(link, text);
          return line;
        }));
        if (!hits.length) results.textContent = "Nothing found.";
      } catch {
        results.textContent = "The search index could not be read.";
      }
    });
  });
})();
