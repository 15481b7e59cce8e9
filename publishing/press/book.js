// What a page can do beyond being read. All of it stays on this site: nothing is asked of the network. Without this
// script a page has all of its text, and in Quarto's pages it adds what Quarto has not.
(() => {
  const root = document.currentScript.dataset.root;
  const page = document.documentElement;
  const ours = root !== undefined; // a page of the embedded engine, not of Quarto

  const make = (name, attributes = {}, ...content) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  };

  // Light and dark ------------------------------------------------------------------------------------

  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("scheme"); } catch { return null; } };
  const isDark = () => (page.dataset.scheme ?? (preferred.matches ? "dark" : "light")) === "dark";
  // Before the page is drawn, so that it does not flash.
  if (ours && stored()) page.dataset.scheme = stored();
  page.classList.add("scripted");

  function switchScheme() {
    const button = document.querySelector(".scheme");
    const show = () => {
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", `${isDark() ? "Light" : "Dark"} colours`);
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      page.dataset.scheme = isDark() ? "light" : "dark";
      try { localStorage.setItem("scheme", page.dataset.scheme); } catch { /* private windows keep nothing */ }
      show();
    });
    preferred.addEventListener("change", show);
    show();
  }

  // The menu of narrow screens, and the section being read ----------------------------------------------

  function openMenu() {
    const menu = document.querySelector(".menu");
    const chapters = document.querySelector(".chapters");
    menu.hidden = false;
    const toggle = (open) => {
      chapters.classList.toggle("open", open);
      menu.setAttribute("aria-expanded", String(open));
    };
    menu.addEventListener("click", () => toggle(!chapters.classList.contains("open")));
    chapters.addEventListener("click", (event) => { if (event.target.closest("a")) toggle(false); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && chapters.classList.contains("open")) { toggle(false); menu.focus(); }
    });
    const here = chapters.querySelector("[aria-current]");
    if (here) chapters.scrollTop = Math.max(0, here.offsetTop - chapters.clientHeight / 2);
  }

  function followReading() {
    const links = new Map([...document.querySelectorAll(".contents a[href^='#']")]
      .map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
    const sections = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    if (!sections.length) return;
    let current = null;
    const mark = () => {
      const passed = sections.filter((section) => section.getBoundingClientRect().top < 120);
      const link = links.get((passed.at(-1) ?? sections[0]).id);
      if (link === current) return;
      current?.removeAttribute("aria-current");
      link.setAttribute("aria-current", "location");
      current = link;
    };
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; mark(); });
    }, { passive: true });
    mark();
  }

  // Search --------------------------------------------------------------------------------------------

  function search() {
    const form = document.querySelector(".search");
    if (!form) return;
    const input = form.querySelector("input");
    const results = form.querySelector(".results");
    form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
      event.preventDefault();
      input.focus();
    });
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
          const text = make("span");
          text.innerHTML = " " + hit.excerpt; // Pagefind escapes the page's text and adds <mark> only
          return make("p", {}, make("a", { href: hit.url }, hit.meta.title), text);
        }));
        if (!hits.length) results.textContent = "Nothing found.";
      } catch {
        results.textContent = "The search index could not be read.";
      }
    });
  }

  // Previews of what a link leads to ------------------------------------------------------------------

  const pages = new Map(); // address -> document
  function documentAt(address) {
    if (address === location.href.replace(/#.*/, "")) return document;
    if (location.protocol === "file:") return null;
    if (!pages.has(address)) {
      pages.set(address, fetch(address).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
        .then((text) => new DOMParser().parseFromString(text, "text/html")).catch(() => null));
    }
    return pages.get(address);
  }

  // What to show of a target: all of a figure, note, equation or entry; of a section its heading and first paragraph.
  function excerpt(target, base) {
    const heading = target.matches("section") ? target.querySelector("h1, h2, h3") : null;
    const parts = heading ? [heading, target.querySelector("p")].filter(Boolean) : [target];
    const copies = parts.map((part) => part.cloneNode(true));
    const shown = make("div", {}, ...copies);
    for (const part of shown.querySelectorAll("[id]")) part.removeAttribute("id");
    for (const part of copies) part.removeAttribute("id");
    for (const part of shown.querySelectorAll(".footnote-back, details, button.enlarge, [popover]")) part.remove();
    for (const button of shown.querySelectorAll("button.sort")) button.replaceWith(...button.childNodes);
    for (const part of shown.querySelectorAll("[tabindex]")) part.removeAttribute("tabindex");
    for (const image of shown.querySelectorAll("img")) image.src = new URL(image.getAttribute("src"), base).href;
    for (const link of shown.querySelectorAll("a")) link.replaceWith(...link.childNodes);
    return shown;
  }

  function preview() {
    const card = make("div", { class: "preview", role: "tooltip", id: "preview", popover: "manual" });
    document.body.append(card);
    let asked = null; // the link whose card is shown or on its way
    let timer = null;
    const hide = () => {
      clearTimeout(timer);
      asked?.removeAttribute("aria-describedby");
      asked = null;
      if (card.matches(":popover-open")) card.hidePopover();
    };
    const show = async (link) => {
      const address = link.href.replace(/#.*/, "");
      const source = await documentAt(address);
      const target = source?.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!target || asked !== link) return;
      card.replaceChildren(excerpt(target, address));
      card.showPopover();
      const place = link.getBoundingClientRect();
      const below = place.bottom + 8 + card.offsetHeight <= innerHeight || place.top < card.offsetHeight + 8;
      card.style.left = `${Math.max(8, Math.min(place.left, innerWidth - card.offsetWidth - 8))}px`;
      card.style.top = `${below ? place.bottom + 8 : place.top - card.offsetHeight - 8}px`;
      link.setAttribute("aria-describedby", card.id);
    };
    const ask = (link, delay) => {
      if (asked === link) { clearTimeout(timer); return; }
      hide();
      asked = link;
      timer = setTimeout(() => (card.matches(":popover-open") ? null : show(link)), delay);
    };
    const leave = () => { clearTimeout(timer); timer = setTimeout(hide, 250); };
    const wanted = "a.xref, a.footnote-ref, .citation a";
    for (const link of document.querySelectorAll(wanted)) {
      if (!link.hash) continue;
      link.addEventListener("mouseenter", () => ask(link, 200));
      link.addEventListener("focus", () => { if (link.matches(":focus-visible")) ask(link, 0); });
      link.addEventListener("mouseleave", leave);
      link.addEventListener("blur", leave);
    }
    card.addEventListener("mouseenter", () => clearTimeout(timer));
    card.addEventListener("mouseleave", leave);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
    addEventListener("scroll", () => { if (card.matches(":popover-open")) hide(); }, { passive: true });
  }

  // Figures, large ------------------------------------------------------------------------------------

  function enlarge() {
    const images = document.querySelectorAll("figure.float img, figure.quarto-float-fig img");
    if (!images.length) return;
    const close = make("button", { type: "button", class: "close" }, "Close");
    const caption = make("p");
    const room = make("div", { class: "room", tabindex: "0", role: "region" });
    const box = make("dialog", { class: "large" }, make("div", { class: "bar" }, caption, close), room);
    document.body.append(box);
    close.addEventListener("click", () => box.close());
    box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
    for (const image of images) {
      const figure = image.closest("figure.float, figure.quarto-float-fig");
      const words = figure.querySelector("figcaption")?.textContent.trim() ?? "Figure";
      const name = words.match(/^\S+\s[\w.]+/)?.[0] ?? "figure";
      const button = make("button", { type: "button", class: "enlarge", "aria-label": `Open ${name} large` }, "Enlarge");
      const open = () => {
        const copy = make("img", { src: image.src, alt: image.alt });
        copy.addEventListener("click", () => copy.classList.toggle("whole"));
        room.replaceChildren(copy);
        room.setAttribute("aria-label", name);
        caption.textContent = words;
        box.setAttribute("aria-label", name);
        box.showModal();
      };
      button.addEventListener("click", open);
      image.addEventListener("click", open);
      figure.querySelector("figcaption")?.before(button);
    }
  }

  // Tables that sort ----------------------------------------------------------------------------------

  const number = (text) => {
    const found = text.replace(/\u2212/g, "-").replace(/,(?=\d{3})/g, "").match(/^[^\w-]*(-?\d+(?:\.\d+)?)/);
    return found ? Number(found[1]) : null;
  };

  // A row and the lines below it that share its head.
  function groups(body) {
    const found = [];
    let left = 0;
    for (const row of body.rows) {
      if (left > 0) { found.at(-1).push(row); left -= 1; continue; }
      found.push([row]);
      left = Math.max(...[...row.cells].map((cell) => cell.rowSpan)) - 1;
    }
    return found;
  }

  function sortTables() {
    for (const table of document.querySelectorAll("main table")) {
      const head = table.tHead?.rows;
      const body = table.tBodies[0];
      if (head?.length !== 1 || table.tBodies.length !== 1) continue;
      const original = groups(body);
      if (original.length < 3 || [...body.rows].some((row) => [...row.cells].some((cell) => cell.colSpan > 1))) continue;
      [...head[0].cells].forEach((cell, column) => {
        if (!cell.textContent.trim()) return;
        const button = make("button", { type: "button", class: "sort" }, ...cell.childNodes);
        cell.append(button);
        button.addEventListener("click", () => {
          const order = { none: "ascending", ascending: "descending", descending: "none" }[cell.ariaSort ?? "none"];
          for (const other of head[0].cells) other.removeAttribute("aria-sort");
          let rows = original;
          if (order !== "none") {
            cell.setAttribute("aria-sort", order);
            const text = (group) => group[0].cells[column]?.textContent.trim() ?? "";
            const numeric = original.filter((group) => text(group) && number(text(group)) === null).length * 2 < original.length;
            const compare = (a, b) => (numeric ? number(a) - number(b) : a.localeCompare(b, page.lang, { numeric: true }));
            const blank = (value) => !value || (numeric && number(value) === null);
            rows = original.toSorted((a, b) => {
              const [x, y] = [text(a), text(b)];
              if (blank(x) || blank(y)) return blank(x) - blank(y); // what is not known stands last, either way
              return order === "ascending" ? compare(x, y) : compare(y, x);
            });
          }
          body.append(...rows.flat());
        });
      });
    }
  }

  // Tabs ----------------------------------------------------------------------------------------------

  // A set of tabs is a list of sections with titles until the script comes.
  function tabs() {
    document.querySelectorAll(".tabset").forEach((set, count) => {
      const panels = [...set.querySelectorAll(":scope > .tab")];
      const list = make("div", { class: "tab-list", role: "tablist" });
      const select = (chosen, focus) => panels.forEach((panel, i) => {
        const tab = list.children[i];
        panel.hidden = i !== chosen;
        tab.setAttribute("aria-selected", String(i === chosen));
        tab.tabIndex = i === chosen ? 0 : -1;
        if (focus && i === chosen) tab.focus();
      });
      panels.forEach((panel, i) => {
        const title = panel.querySelector(":scope > .tab-title");
        const id = `tabs-${count}-${i}`;
        panel.id ||= `${id}-panel`;
        const tab = make("button", { type: "button", role: "tab", id, "aria-controls": panel.id }, ...title.cloneNode(true).childNodes);
        panel.setAttribute("role", "tabpanel");
        panel.setAttribute("aria-labelledby", id);
        panel.tabIndex = 0;
        tab.addEventListener("click", () => select(i));
        list.append(tab);
      });
      list.addEventListener("keydown", (event) => {
        const now = panels.findIndex((panel) => !panel.hidden);
        const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: panels.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        select((to + panels.length) % panels.length, true);
      });
      set.prepend(list);
      const open = () => {
        const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
        const holds = target ? panels.findIndex((panel) => panel.contains(target)) : -1;
        if (holds >= 0) { select(holds); target.scrollIntoView(); }
      };
      select(0);
      open();
      addEventListener("hashchange", open);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (ours) {
      switchScheme();
      openMenu();
      followReading();
      search();
      tabs();
    }
    sortTables();
    enlarge();
    if (ours) preview();
    // What scrolls can be scrolled by keyboard.
    for (const code of document.querySelectorAll("main pre")) if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
    // A link into a fold opens it.
    const unfold = () => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("details")?.setAttribute("open", "");
    addEventListener("hashchange", unfold);
    unfold();
    // On paper everything is shown.
    addEventListener("beforeprint", () => { for (const fold of document.querySelectorAll("details.code-fold")) fold.open = true; });
  });
})();
